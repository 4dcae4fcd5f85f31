import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { HeliosError, systemCode } from '../../base/errors.ts';
import type { LockedPackage } from './locked-packages.ts';

/** Whose npm it is: registry, proxies, credentials and cache are what it says. */
export type NpmSettings = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the command was typed: an `.npmrc` there counts. */
  readonly workingDirectory: string;
  readonly signal?: AbortSignal | undefined;
};

const timeoutMs = 600_000;
const outputBytesMax = 16 * 1024 * 1024;

/**
 * The tarballs of packages: from npm's cache, which is named by checksums, or fetched by npm. Each
 * is checked against its lock before anybody gets it.
 */
export class PackageTarballs implements AsyncDisposable {
  readonly #directory: string;
  readonly #paths: ReadonlyMap<string, string>;

  private constructor(directory: string, paths: ReadonlyMap<string, string>) {
    this.#directory = directory;
    this.#paths = paths;
  }

  /** All of them are there when it resolves. `unreachable` where npm can't fetch one. */
  static async fetch(
    packages: readonly LockedPackage[],
    npm: NpmSettings,
    onFetch: (count: number) => void,
  ): Promise<PackageTarballs> {
    const cache = (await runNpm(['config', 'get', 'cache'], npm)).trim();
    const paths = new Map<string, string>();
    for (const locked of packages) {
      const path = cachedPath(cache, locked);
      if (await isThere(path)) paths.set(specOf(locked), path);
    }
    const missing = packages.map(specOf).filter((spec) => !paths.has(spec));
    const directory = await mkdtemp(join(tmpdir(), 'helios-packages-'));
    if (missing.length > 0) {
      onFetch(missing.length);
      try {
        for (const [spec, path] of await packed(missing, directory, npm)) paths.set(spec, path);
      } catch (thrown) {
        await rm(directory, { recursive: true, force: true });
        throw thrown;
      }
    }
    return new PackageTarballs(directory, paths);
  }

  /** Throws `corrupt_data` where it isn't the one that is locked. */
  async read(locked: LockedPackage): Promise<Uint8Array> {
    const path = this.#paths.get(specOf(locked));
    if (path === undefined) {
      throw new HeliosError('unreachable', `npm fetched no ${specOf(locked)}.`, {
        hint: 'Is it in the registry that npm config get registry names?',
      });
    }
    const bytes = await readFile(path);
    if (isLocked(bytes, locked)) return bytes;
    throw new HeliosError('corrupt_data', `${specOf(locked)} is not the one that is locked.`, {
      hint: 'npm cache verify clears a damaged cache. Otherwise the registry gave another file.',
      details: { package: specOf(locked), integrity: locked.integrity },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function specOf({ name, version }: LockedPackage): string {
  return `${name}@${version}`;
}

/** Where npm keeps a file with this checksum, since its version 5. */
function cachedPath(cache: string, { integrity }: LockedPackage): string {
  const [algorithm = '', digest = ''] = integrity.split(/-(.*)/s);
  const hex = Buffer.from(digest, 'base64').toString('hex');
  const place = [hex.slice(0, 2), hex.slice(2, 4), hex.slice(4)];
  return join(cache, '_cacache', 'content-v2', algorithm, ...place);
}

function isLocked(bytes: Uint8Array, { integrity }: LockedPackage): boolean {
  const [algorithm = '', digest = ''] = integrity.split(/-(.*)/s);
  return createHash(algorithm).update(bytes).digest('base64') === digest;
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** What npm says of each tarball that it wrote. */
type Packed = { readonly name: string; readonly version: string; readonly filename: string };

async function packed(
  specs: readonly string[],
  directory: string,
  npm: NpmSettings,
): Promise<readonly (readonly [string, string])[]> {
  const words = ['pack', ...specs, '--json', '--prefer-offline', '--ignore-scripts'];
  const answer = await runNpm([...words, '--pack-destination', directory], npm);
  return (JSON.parse(answer) as readonly Packed[]).map(
    ({ name, version, filename }) =>
      [`${name}@${version}`, join(directory, basename(filename))] as const,
  );
}

async function runNpm(words: readonly string[], npm: NpmSettings): Promise<string> {
  // Only npm's own: other package managers name themselves there, too.
  const given = npm.environment['npm_execpath'];
  const isNpm = given !== undefined && basename(given) === 'npm-cli.js';
  const [program, before] = isNpm ? [process.execPath, [given]] : ['npm', []];
  try {
    const { stdout } = await promisify(execFile)(
      program,
      [...before, ...words, '--loglevel=error'],
      {
        cwd: npm.workingDirectory,
        env: { ...npm.environment },
        timeout: timeoutMs,
        maxBuffer: outputBytesMax,
        shell: process.platform === 'win32' && !isNpm,
        ...(npm.signal === undefined ? {} : { signal: npm.signal }),
      },
    );
    return stdout;
  } catch (thrown) {
    npm.signal?.throwIfAborted();
    throw npmFailure(words[0] ?? '', thrown);
  }
}

function npmFailure(command: string, thrown: unknown): HeliosError {
  if (systemCode(thrown) === 'ENOENT') {
    return new HeliosError('not_found', 'npm is not on the PATH, and it fetches the packages.', {
      hint: 'It comes with Node.js; or run npx helios.',
      cause: thrown,
    });
  }
  const complaint = thrown instanceof Error && 'stderr' in thrown ? String(thrown.stderr) : '';
  const lines = complaint.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, ''));
  const said = lines.find((line) => line.trim() !== '' && !line.startsWith('code ')) ?? '';
  return new HeliosError('unreachable', `npm ${command} failed: ${said || String(thrown)}`, {
    hint: 'Check the network, npm config get registry and npm config get proxy; then again.',
    cause: thrown,
  });
}
