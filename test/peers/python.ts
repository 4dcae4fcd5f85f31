import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { promisify } from 'node:util';
import { unlessRequired } from './skip.ts';

const run = promisify(execFile);

const minorVersionMin = 10;
const candidates = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];

/**
 * The Python of an environment that has these packages, made once and kept in a cache folder
 * outside the repository. Undefined, with a printed reason, where there is no Python; with CI=true
 * that is a failure.
 */
export async function pythonWith(requirements: readonly string[]): Promise<string | undefined> {
  const base = await findPython();
  if (base === undefined) {
    return unlessRequired(`Python 3.${minorVersionMin} or newer was not found`);
  }
  // Empty means unset there.
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const text = [base.version, ...requirements].join('\n');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const folder = join(cache, 'helios-peers', hash);
  const python = join(folder, 'bin', 'python');
  if (!(await exists(python))) await install(base.command, folder, requirements);
  return python;
}

/** A Python program that answers each line of JSON with one. */
export class PythonPeer implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  #complaint = '';

  constructor(python: string, program: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(python, ['-u', ...program], { env: { ...process.env, ...environment } });
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#complaint += chunk.toString()));
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Sends one question; rejects with the peer's own words when it fails. */
  async ask(question: object): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`The Python peer is gone: ${this.#complaint}`);
    const answer = JSON.parse(line.value) as { readonly result?: unknown; readonly error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isGone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#reader.close();
    this.#child.kill('SIGKILL');
    await isGone;
  }
}

/** Renamed into place when it is complete, so that no half of it is ever used. */
async function install(
  base: string,
  folder: string,
  requirements: readonly string[],
): Promise<void> {
  process.stderr.write(`Installing ${requirements.join(', ')} into ${folder}, once.\n`);
  const unfinished = `${folder}.${randomUUID()}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await run(base, ['-m', 'venv', unfinished]);
    const python = join(unfinished, 'bin', 'python');
    const options = ['--quiet', '--disable-pip-version-check', '--no-input'];
    await run(python, ['-m', 'pip', 'install', ...options, ...requirements]);
    await rename(unfinished, folder);
  } catch (thrown) {
    await rm(unfinished, { recursive: true, force: true });
    // Another test may have finished the same folder first.
    if (!(await exists(join(folder, 'bin', 'python')))) throw thrown;
  }
}

async function findPython(): Promise<
  { readonly command: string; readonly version: string } | undefined
> {
  for (const command of candidates) {
    const version = await versionOf(command);
    const minor = Number(/^Python 3\.(\d+)\./.exec(version ?? '')?.[1] ?? 0);
    if (version !== undefined && minor >= minorVersionMin) return { command, version };
  }
  return undefined;
}

async function versionOf(command: string): Promise<string | undefined> {
  try {
    return (await run(command, ['--version'])).stdout.trim();
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
