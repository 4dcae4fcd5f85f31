import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PeakMemory } from '../helios.ts';
import { treeCpuMs } from '../program.ts';

/** What every contender does: reads a topic to its end, and keeps the rows that a filter takes. */
export type Task = {
  /** `host:port`. */
  readonly bootstrap: string;
  readonly topic: string;
  /** SQL's condition on the rows. */
  readonly filter: string;
  readonly brokerPid: number;
};

/** One system that does it. */
export type Contender = {
  readonly name: string;
  /** What it does otherwise than Helios, for the reader of the numbers; empty if nothing. */
  readonly difference: string;
  /** Does it once, in a folder that is empty and its own. */
  readonly run: (folder: string) => Promise<Run>;
};

export type Run = RunCost & {
  /** A relation of DuckDB's that has the rows as they lie on the disk. */
  readonly rows: string;
};

/** CPU of the contender, and of the broker beside it, while it reads. */
export type RunCost = {
  /** From when the started program is told, or begins, to read until the last row is visible. */
  readonly readingMs: number;
  /** The start of the program included. */
  readonly wholeMs: number;
  readonly cpuMs: number;
  readonly brokerCpuMs: number;
  /** The most memory (PSS) of the contender, its start included. */
  readonly peakBytes: number;
};

export type PeerProgram = {
  readonly command: string;
  readonly parameters: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
};

const outputKeptBytes = 16_384;

/**
 * Runs a program that prints `reading` when it begins to read and `done` when all rows are visible;
 * throws with its complaints when it ends before that, or fails.
 */
export async function runPeer(program: PeerProgram, brokerPid: number): Promise<RunCost> {
  const startedAtMs = performance.now();
  const child = spawn(program.command, program.parameters, {
    env: { ...process.env, ...program.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  using memory = new PeakMemory(child.pid ?? 0);
  const complaints = complaintsOf(child);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const marks = new Map<string, Mark>();
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    if (line === 'reading' || line === 'done') marks.set(line, markOf(child, brokerPid));
  });
  const [code] = await exited;
  const [reading, done] = [marks.get('reading'), marks.get('done')];
  if (code !== 0 || reading === undefined || done === undefined) {
    throw new Error(`${program.command} ended with ${String(code)}: ${complaints()}`);
  }
  return {
    readingMs: done.atMs - reading.atMs,
    wholeMs: done.atMs - startedAtMs,
    cpuMs: done.cpuMs - reading.cpuMs,
    brokerCpuMs: done.brokerCpuMs - reading.brokerCpuMs,
    peakBytes: memory.bytes,
  };
}

type Mark = { readonly atMs: number; readonly cpuMs: number; readonly brokerCpuMs: number };

function markOf(child: ChildProcess, brokerPid: number): Mark {
  return {
    atMs: performance.now(),
    cpuMs: treeCpuMs(child.pid ?? 0),
    brokerCpuMs: treeCpuMs(brokerPid),
  };
}

function complaintsOf(child: ChildProcess): () => string {
  let output = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    output = `${output}${bytes.toString()}`.slice(-outputKeptBytes);
  });
  return () => output;
}
