import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { HeliosError } from '../../base/errors.ts';
import { bundleLockFile, bundleLockOf } from './locked-packages.ts';
import type { BundleFile } from './tar.ts';

/** What of the package goes into a bundle, besides `dist`. */
const taken = ['LICENSE', 'CHANGELOG.md', 'package.json', 'bin', 'examples', 'packaging/systemd'];
const buildTimeoutMs = 300_000;

/**
 * Helios itself as a package has it, sorted by path. In a clone, which has no `dist` or an old one,
 * it is compiled first, beside and not into that `dist`.
 */
export async function programFiles(
  packageRoot: string,
  signal?: AbortSignal,
): Promise<readonly BundleFile[]> {
  const files: BundleFile[] = [];
  for (const name of taken) {
    const path = join(packageRoot, name);
    if (existsSync(path)) files.push(...(await filesAt(path, name)));
  }
  const isClone = existsSync(join(packageRoot, 'src', 'main.ts'));
  const compiled = isClone ? compiledFiles(packageRoot, signal) : builtFiles(packageRoot);
  files.push(...(await compiled));
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function builtFiles(packageRoot: string): Promise<readonly BundleFile[]> {
  const path = join(packageRoot, 'dist');
  if (existsSync(join(path, 'main.js'))) return await filesAt(path, 'dist');
  throw new HeliosError('not_found', `There is no Helios in ${packageRoot}.`, {
    hint: 'Install it again.',
  });
}

async function compiledFiles(
  packageRoot: string,
  signal: AbortSignal | undefined,
): Promise<readonly BundleFile[]> {
  const output = await mkdtemp(join(tmpdir(), 'helios-compiled-'));
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
  // Nor are types checked when the clone itself is run: `npm run check` does it.
  const how = ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', output];
  try {
    await runNode(packageRoot, [compiler, ...how], signal);
    await runNode(packageRoot, [join('scripts', 'build-console.ts'), '--if-older'], signal);
    const lock = bundleLockOf(await readFile(join(packageRoot, 'package-lock.json'), 'utf8'));
    return [
      ...(await filesAt(output, 'dist')),
      ...(await filesAt(join(packageRoot, 'dist', 'console'), 'dist/console')),
      {
        path: `dist/${bundleLockFile}`,
        isExecutable: false,
        bytes: Buffer.from(JSON.stringify(lock)),
      },
    ];
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}

async function runNode(
  packageRoot: string,
  words: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [...words], {
      cwd: packageRoot,
      timeout: buildTimeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (thrown) {
    signal?.throwIfAborted();
    const said = thrown instanceof Error && 'stdout' in thrown ? String(thrown.stdout) : '';
    throw new HeliosError('internal', `Helios could not be compiled. ${said}`.trim(), {
      hint: 'npm run build says more.',
      cause: thrown,
    });
  }
}

/** A file, or all below a folder, under the name that they get. */
async function filesAt(path: string, name: string): Promise<readonly BundleFile[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(
    () => undefined,
  );
  if (entries === undefined) return [await fileAt(path, name)];
  const files: BundleFile[] = [];
  for (const entry of entries.filter((one) => one.isFile())) {
    const inner = join(entry.parentPath, entry.name);
    const below = relative(path, inner).split(sep).join('/');
    files.push(await fileAt(inner, `${name}/${below}`));
  }
  return files;
}

/** The one program is the only file that is run by its name. */
async function fileAt(path: string, name: string): Promise<BundleFile> {
  return { path: name, isExecutable: name === 'bin/helios', bytes: await readFile(path) };
}
