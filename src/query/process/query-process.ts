import { type ChildProcess, execFile, fork } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { getCompileCacheDir } from 'node:module';
import { Socket } from 'node:net';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Clock } from '../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import { hasPassed } from './has-passed.ts';
import { LinkedFiles } from './linked-files.ts';
import type {
  CompleteOrder,
  Completion,
  FromChild,
  ResultColumnInfo,
  RunOrder,
  ToChild,
} from './messages.ts';
import { limitProcess, residentBytes, type Sandbox } from '../../base/sandbox.ts';

export type ProcessOptions = {
  /** Where private directories are made. */
  readonly tempDirectory: string;
  readonly threads: number;
  readonly memoryBytes: number;
  readonly spillBytesMax: number;
  readonly sandbox: Sandbox;
  readonly clock: Clock;
  /** How long links to files stay for the next query. */
  readonly linksKeptMs: number;
};

/**
 * A running query, seen from the parent. `bytes` ends when the process has written everything, or
 * has failed.
 */
export type Execution = {
  readonly bytes: Socket;
  readonly columns: Promise<readonly ResultColumnInfo[]>;
  readonly finished: Promise<{ readonly rowCount: number }>;
  /** What `finished` has come to by now. */
  readonly outcome: () => 'running' | 'done' | HeliosError;
};

export type RunRequest = Omit<RunOrder, 'outputPath'> & {
  readonly onProgress: (rowsRead: number, percent: number | undefined) => void;
};

/**
 * A process that runs queries, one at a time, and has a private directory. The result comes through
 * a named pipe in it, straight from DuckDB's writer: no row passes through JavaScript, and a reader
 * who stops reading stops the writer.
 *
 *   parent                         child
 *   opens both ends of the pipe
 *   run ─────────────────────────▶ makes views, describes
 *   ◀──────────────────── columns
 *   ◀═════════ bytes ═════════════ COPY … TO pipe
 *   ◀─────────────── done, failed
 *   closes its writing end: the reader reaches the end
 */
export class QueryProcess {
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly files: LinkedFiles;
  readonly exited: Promise<void>;
  #listener: ((message: FromChild) => void) | undefined;
  #isAlive = true;
  #lastWords = '';
  #hasOutgrown = false;
  queryCount = 0;

  private constructor(child: ChildProcess, directory: string, options: ProcessOptions) {
    const { clock, linksKeptMs: keptMs, sandbox } = options;
    this.#child = child;
    this.#directory = directory;
    this.files = new LinkedFiles({
      directory: filesIn(directory),
      owner: sandbox.user,
      clock,
      keptMs,
    });
    child.on('message', (message) => {
      // The child speaks only FromChild; what a hostile query could make it say is shown to that
      // query's user.
      this.#listener?.(message as FromChild);
    });
    child.stderr?.on('data', (text: Buffer) => {
      this.#lastWords = (this.#lastWords + text.toString('utf8')).slice(-lastWordsMax);
    });
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#isAlive = false;
        this.#listener?.({ kind: 'failed', ...this.#crash(code, signal) });
        resolve();
      });
      child.once('error', () => resolve());
    });
  }

  /** Starts a process and waits until it is locked, limited and ready. */
  static async start(options: ProcessOptions): Promise<QueryProcess> {
    const directory = await privateDirectory(options);
    const started = new QueryProcess(spawn(options.sandbox.launcher), directory, options);
    try {
      await started.#ask({
        kind: 'open',
        filesDirectory: filesIn(directory),
        spillDirectory: join(directory, 'spill'),
        spillBytesMax: options.spillBytesMax,
        threads: options.threads,
        memoryBytes: options.memoryBytes,
      });
      // In this order: a root without all its powers can limit only its own.
      await started.#limit(options);
      const { user } = options.sandbox;
      if (user !== undefined) await started.#ask({ kind: 'become', user });
      return started;
    } catch (thrown) {
      await started.close();
      throw new HeliosError('unavailable', 'A process for queries could not be started.', {
        cause: thrown,
        hint: 'See `helios doctor`.',
        details: asHeliosError(thrown).details,
      });
    }
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  run(request: RunRequest): Execution {
    const { onProgress, ...order } = request;
    this.queryCount += 1;
    const outputPath = join(filesIn(this.#directory), pipeName);
    const reader = openSync(outputPath, constants.O_RDONLY | constants.O_NONBLOCK);
    // Keeps the reader from an early end of file until the child has said that it is done.
    const writer = openSync(outputPath, constants.O_WRONLY | constants.O_NONBLOCK);
    const columns = Promise.withResolvers<readonly ResultColumnInfo[]>();
    const finished = Promise.withResolvers<{ readonly rowCount: number }>();
    let outcome: 'running' | 'done' | HeliosError = 'running';
    // Whoever waits for only one of them must not crash on the other.
    for (const { promise } of [columns, finished]) promise.catch(() => undefined);
    this.#listener = (message) => {
      if (message.kind === 'columns') columns.resolve(message.columns);
      if (message.kind === 'progress') onProgress(message.rowsRead, message.percent);
      if (message.kind !== 'done' && message.kind !== 'failed') return;
      this.#listener = undefined;
      outcome = message.kind === 'done' ? 'done' : failureOf(message);
      if (message.kind === 'done') finished.resolve({ rowCount: message.rowCount });
      else for (const one of [columns, finished]) one.reject(outcome);
      closeSync(writer);
    };
    this.#send({ kind: 'run', ...order, outputPath });
    return {
      bytes: socketOf(reader),
      columns: columns.promise,
      finished: finished.promise,
      outcome: () => outcome,
    };
  }

  async complete(order: CompleteOrder): Promise<readonly Completion[]> {
    const answer = await this.#ask({ kind: 'complete', ...order });
    return answer.kind === 'completions' ? answer.items : [];
  }

  /** Asks the running query to stop; most do within milliseconds, and some never. */
  cancel(): void {
    this.#send({ kind: 'cancel' });
  }

  /** Ends the process at once and removes its directory. */
  async close(): Promise<void> {
    if (this.#isAlive) {
      this.#child.kill('SIGKILL');
      await this.exited;
    }
    await this.files.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #ask(message: ToChild): Promise<FromChild> {
    const answer = await new Promise<FromChild>((resolve) => {
      this.#listener = resolve;
      this.#send(message);
    });
    this.#listener = undefined;
    if (answer.kind === 'failed') throw failureOf(answer);
    return answer;
  }

  #send(message: ToChild): void {
    if (this.#isAlive && this.#child.connected) {
      this.#child.send(message);
      return;
    }
    this.#listener?.({ kind: 'failed', ...this.#crash(null, null) });
  }

  async #limit(options: ProcessOptions): Promise<void> {
    const { sandbox, memoryBytes, spillBytesMax, clock } = options;
    const { pid } = this.#child;
    if (pid === undefined) return;
    const extraBytes = memoryBytes + marginBytes;
    if (sandbox.capabilities.memory === 'limited') {
      await limitProcess(pid, { extraBytes, fileBytesMax: spillBytesMax });
      return;
    }
    void this.#watch(pid, { clock, bytesMax: extraBytes });
  }

  /** Where the system sets no limit: looks a few times a second, and kills. */
  async #watch(
    pid: number,
    { clock, bytesMax }: { readonly clock: Clock; readonly bytesMax: number },
  ): Promise<void> {
    const ended = new AbortController();
    void this.exited.then(() => ended.abort());
    while (await hasPassed(clock, { durationMs: watchIntervalMs, signal: ended.signal })) {
      // A process that can't be looked at any more has gone, which `exit` reports.
      const bytes = await residentBytes(pid).catch(() => 0);
      if (bytes < bytesMax) continue;
      this.#hasOutgrown = true;
      this.#child.kill('SIGKILL');
    }
  }

  #crash(code: number | null, signal: NodeJS.Signals | null): Omit<Failed, 'kind'> {
    const memorySigns =
      this.#hasOutgrown || signal === 'SIGABRT' || signal === 'SIGSEGV' || code === 134;
    return {
      code: memorySigns ? 'out_of_memory' : 'query_failed',
      message: memorySigns
        ? 'The query needed more memory than a query may have, and its process was ended.'
        : `The query's process ended unexpectedly (${signal ?? `exit code ${code ?? 'unknown'}`}).`,
      hint: memorySigns
        ? 'Select fewer columns, filter earlier, or aggregate in steps.'
        : 'Other queries are not affected. If it happens again with this one, please report it.',
      position: undefined,
      details: this.#lastWords === '' ? undefined : { process: this.#lastWords },
    };
  }
}

type Failed = Extract<FromChild, { readonly kind: 'failed' }>;

/**
 * What a process may need beyond DuckDB's own limit: Node's heap, threads, buffers that DuckDB
 * doesn't count.
 */
const marginBytes = 512 * 1024 * 1024;

const watchIntervalMs = 250;

/** Of what a process writes to stderr, the end is kept for the message about its crash. */
const lastWordsMax = 2000;

const pipeName = 'result';

/** The one directory that its DuckDB can read. What is in it is put there and removed here. */
function filesIn(directory: string): string {
  return join(directory, 'files');
}

const run = promisify(execFile);

async function privateDirectory({ tempDirectory, sandbox }: ProcessOptions): Promise<string> {
  await mkdir(tempDirectory, { recursive: true });
  const directory = await mkdtemp(join(tempDirectory, 'query-'));
  const folders = [directory, join(directory, 'files'), join(directory, 'spill')];
  for (const folder of folders.slice(1)) await mkdir(folder);
  const pipe = join(directory, 'files', pipeName);
  await run('mkfifo', ['-m', '600', pipe]);
  for (const path of [...folders, pipe]) {
    if (path !== pipe) await chmod(path, 0o700);
    if (sandbox.user !== undefined) await chown(path, sandbox.user.uid, sandbox.user.gid);
  }
  return directory;
}

function spawn(launcher: readonly string[]): ChildProcess {
  const own = fileURLToPath(import.meta.url);
  const entry = join(own, '..', `child${extname(own)}`);
  const [execPath, ...execArgv] = [
    ...launcher,
    process.execPath,
    '--max-old-space-size=128',
    '--disable-warning=ExperimentalWarning',
  ];
  // Node puts a folder for its version below the one it was given.
  const compiled = getCompileCacheDir();
  const cache = compiled === undefined ? {} : { NODE_COMPILE_CACHE: dirname(compiled) };
  return fork(entry, {
    execPath,
    execArgv,
    env: { PATH: '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C', ...cache },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

function socketOf(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: false });
}

function failureOf({ code, message, hint, position, details }: Failed): HeliosError {
  return new HeliosError(code, message, { hint, position, details });
}
