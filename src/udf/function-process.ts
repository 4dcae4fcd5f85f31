import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { limitProcess, probeSandbox, type Sandbox } from '../base/sandbox.ts';
import type { PlainValue } from '../engine/calls.ts';
import type { Fault, FromProcess, LoadedFunction, ToProcess, WireResult } from './messages.ts';
import { toWire } from './wire-type.ts';

export type Call = { readonly values: readonly PlainValue[] };

export type CallOrder = {
  /** Of the loaded functions. */
  readonly index: number;
  readonly calls: readonly Call[];
  /** Each result is told before the next call is made. */
  readonly isCareful: boolean;
  /** Without any result. */
  readonly timeoutMs: number;
};

/** What calls came to: their results are told, or the process is gone. */
export type CallEnd = 'answered' | 'timeout' | 'died';

/** Calls that are sent at a time. */
const callsPerMessage = 2048;
/** Bytes of the heap of the functions of one pipeline. */
export const heapBytesMax: number = 128 * 1024 * 1024;
/** Beyond what a process that has done nothing reserves. */
const extraBytesMax = 768 * 1024 * 1024;
/** To start, and to load the code: compiling and running the modules' own statements. */
const loadMsMax = 10_000;
/** So many times the time limit, by the clock, a process may take for want of processors. */
const patience = 20;
/** A line of results is far shorter, unless somebody writes to the pipe who shouldn't. */
const lineBytesMax = 256 * 1024 * 1024;

/**
 * One process that runs the functions of one pipeline: without files, network, environment or
 * other processes, and with bounded memory. Whoever asks bounds its time.
 */
export class FunctionProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #exited: Promise<void>;
  #isAlive = true;
  /** Said before anybody asked. */
  readonly #waiting: FromProcess[] = [];
  #onMessage: ((message: FromProcess | undefined) => void) | undefined;
  #pieces: Buffer[] = [];
  #pendingBytes = 0;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      const end = (): void => {
        this.#isAlive = false;
        this.#onMessage?.(undefined);
        resolve();
      };
      child.once('exit', end);
      child.once('error', end);
    });
    // A pipe that breaks is the end of the process, which is noticed by itself.
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  /** Starts a process and loads the functions: gives it, or what is wrong with one of them. */
  static async start(
    functions: readonly LoadedFunction[],
  ): Promise<FunctionProcess | { readonly index: number; readonly fault: Fault }> {
    sandbox ??= probeSandbox('/');
    const { launcher, capabilities } = await sandbox;
    const own = new FunctionProcess(spawnIn(launcher));
    const answer = await own.#ask({ kind: 'load', functions: [] }, loadMsMax);
    const { pid } = own.#child;
    if (answer?.kind === 'loaded' && pid !== undefined && capabilities.memory === 'limited') {
      await limitProcess(pid, { extraBytes: extraBytesMax, fileBytesMax: 0 });
    }
    const loaded = await own.#ask({ kind: 'load', functions }, loadMsMax);
    if (loaded?.kind === 'loaded') return own;
    own.close();
    if (loaded?.kind === 'refused') return loaded;
    throw new HeliosError('unavailable', 'The process for functions could not be started.', {
      hint: 'Does the code of a function end, which runs when it is loaded? See `helios doctor`.',
    });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Gives results as they come, in the order of the calls. */
  async call(
    { index, calls, isCareful, timeoutMs }: CallOrder,
    onResults: (results: readonly WireResult[]) => void,
  ): Promise<CallEnd> {
    let [sent, answered] = [0, 0];
    while (answered < calls.length) {
      // While it works on one message, the next one is on its way.
      while (sent < calls.length && sent - answered <= callsPerMessage) {
        const some = calls.slice(sent, sent + callsPerMessage);
        const values = some.map((call) => call.values.map(toWire));
        this.#send({ kind: 'call', index, calls: values, isCareful });
        sent += some.length;
      }
      const message = await this.#next(timeoutMs);
      const isOwn = message !== 'timeout' && message?.kind === 'results';
      if (!isOwn || message.results.length > sent - answered) {
        await this.#kill();
        return message === 'timeout' ? 'timeout' : 'died';
      }
      answered += message.results.length;
      onResults(message.results);
    }
    return 'answered';
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }

  async #kill(): Promise<void> {
    this.close();
    await this.#exited;
  }

  async #ask(message: ToProcess, timeoutMs: number): Promise<FromProcess | undefined> {
    this.#send(message);
    const answer = await this.#next(timeoutMs);
    return answer === 'timeout' ? undefined : answer;
  }

  #send(message: ToProcess): void {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  /** Undefined: the process has ended. */
  async #next(timeoutMs: number): Promise<FromProcess | 'timeout' | undefined> {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return waiting;
    if (!this.#isAlive) return undefined;
    const message = new Promise<FromProcess | undefined>((resolve) => {
      this.#onMessage = (given) => {
        this.#onMessage = undefined;
        resolve(given);
      };
    });
    const over = new AbortController();
    const timeout = (): 'timeout' => 'timeout';
    const late = this.#hasTakenLong(timeoutMs, over.signal).then(timeout, timeout);
    const answer = await Promise.race([message, late]);
    over.abort();
    this.#onMessage = undefined;
    return answer;
  }

  /**
   * Resolves when the process has been computing for so long. Functions can't wait for anything:
   * on a machine that is busy with others the clock alone would blame them for that.
   */
  async #hasTakenLong(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const halfMs = timeoutMs / 2;
    let before: number | undefined;
    let computedMs = 0;
    for (let waitedMs = 0; waitedMs < timeoutMs * patience; waitedMs += halfMs) {
      await systemClock.sleep(halfMs, signal);
      const now = await computedMsOf(this.#child.pid);
      if (now === undefined && waitedMs > 0) return;
      if (now !== undefined && before !== undefined) computedMs += now - before;
      before = now;
      if (waitedMs > 0 && computedMs >= halfMs * 0.9) return;
    }
  }

  #take(bytes: Buffer): void {
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      const line = Buffer.concat([...this.#pieces, bytes.subarray(from, end)]);
      this.#pieces = [];
      this.#pendingBytes = 0;
      from = end + 1;
      this.#hear(line.toString('utf8'));
    }
    this.#pieces.push(bytes.subarray(from));
    this.#pendingBytes += bytes.length - from;
    if (this.#pendingBytes > lineBytesMax) this.close();
  }

  #hear(line: string): void {
    try {
      const message = JSON.parse(line) as FromProcess;
      if (this.#onMessage === undefined) this.#waiting.push(message);
      else this.#onMessage(message);
    } catch {
      // Only this process's own code writes there: what it doesn't write ends it.
      this.close();
    }
  }
}

/** Milliseconds of a processor that a process has had; undefined where the system doesn't say. */
async function computedMsOf(pid: number | undefined): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid ?? 'none'}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // Behind the program's name, which may hold spaces, the 12th and 13th: of user and of system.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * msPerTick;
}

/** Of Linux's clock for processes. */
const msPerTick = 10;

/** Found out once. */
let sandbox: Promise<Sandbox> | undefined;

function spawnIn(launcher: readonly string[]): ChildProcessByStdio<Writable, Readable, null> {
  const own = fileURLToPath(import.meta.url);
  const entry = join(own, '..', `process${extname(own)}`);
  const [program, ...words] = [
    ...launcher,
    process.execPath,
    '--permission',
    `--allow-fs-read=${entry}`,
    '--experimental-vm-modules',
    '--no-warnings',
    `--max-old-space-size=${heapBytesMax / 1024 / 1024}`,
    entry,
  ];
  return spawn(program, words, {
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}
