import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, truncate, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Clock } from '../base/clock.ts';
import { EventLog } from './event-log.ts';
import type { EventLogOptions } from './event-log.ts';
import { nodeFiles } from './files.ts';
import type { LogFile, LogFiles } from './files.ts';

/** These tests open thousands of logs; where files are in memory, a sync costs nothing. */
const memoryDirectory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A data directory of its own for one test, opened as often as it likes. */
export class TrialLog {
  readonly directory: string;
  readonly clock: ManualClock;
  readonly #opened: EventLog[] = [];

  private constructor(directory: string, clock: ManualClock) {
    this.directory = directory;
    this.clock = clock;
  }

  static async make(clock: ManualClock = new ManualClock()): Promise<TrialLog> {
    return new TrialLog(await mkdtemp(`${memoryDirectory}/helios-log-`), clock);
  }

  async open(options: Omit<EventLogOptions, 'directory' | 'clock'> = {}): Promise<EventLog> {
    const { directory, clock } = this;
    const log = await EventLog.open({ directory, clock, ...options });
    this.#opened.push(log);
    return log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#opened.map(async (log) => await log.close()));
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Stands still unless told to move; nothing that sleeps wakes up by itself. */
export class ManualClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 1);

  advance(durationMs: number): void {
    this.#nowMs += durationMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  async sleep(_durationMs: number, signal?: AbortSignal): Promise<void> {
    const { promise, reject } = Promise.withResolvers<void>();
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    await promise;
  }
}

export type Fault = {
  /** The failing call, counted from 1 over all calls that change something. */
  readonly at: number;
  readonly code: 'ENOSPC' | 'EIO';
  /** Only that call; or, as when a process dies, nothing has an effect from there on. */
  readonly lasts: 'once' | 'forever';
};

type Unsynced = { readonly from: number; readonly to: number };

/** Real files of which the n-th change fails; a write that fails has written its first half. */
export class FaultyFiles implements LogFiles {
  #fault: Fault | undefined;
  readonly #unsynced = new Map<string, Unsynced>();
  #calls = 0;

  constructor(fault?: Fault) {
    this.#fault = fault;
  }

  /** Changes that were asked for so far. */
  get calls(): number {
    return this.#calls;
  }

  /** Nothing fails from here on. */
  heal(): void {
    this.#fault = undefined;
  }

  /**
   * What a power failure may do to bytes that were never synced: some are missing from the end, and
   * a stretch before that is zeroes.
   */
  async loseUnsynced(random: () => number): Promise<void> {
    for (const [path, { from, to }] of this.#unsynced) {
      const zeroFrom = from + Math.floor(random() * (to - from + 1));
      const end = zeroFrom + Math.floor(random() * (to - zeroFrom + 1));
      const file = await open(path, 'r+');
      await file.write(Buffer.alloc(end - zeroFrom), 0, end - zeroFrom, zeroFrom);
      await file.close();
      await truncate(path, random() < 0.5 ? end : to);
    }
  }

  async open(path: string, mode: 'create' | 'write' | 'read'): Promise<LogFile> {
    if (mode === 'create') this.#change();
    const file = await nodeFiles.open(path, mode);
    return {
      read: async (into, offset) => await file.read(into, offset),
      byteLength: async () => await file.byteLength(),
      close: async () => await file.close(),
      write: async (chunks, offset) => await this.#write({ file, path, chunks, offset }),
      truncate: async (byteLength) => {
        this.#change();
        await file.truncate(byteLength);
      },
      sync: async () => {
        this.#change();
        await file.sync();
        this.#unsynced.delete(path);
      },
    };
  }

  async readAll(path: string): Promise<Uint8Array> {
    return await nodeFiles.readAll(path);
  }

  async list(directory: string): Promise<readonly string[]> {
    return await nodeFiles.list(directory);
  }

  async makeDirectory(path: string): Promise<void> {
    this.#change();
    await nodeFiles.makeDirectory(path);
  }

  async syncDirectory(path: string): Promise<void> {
    this.#change();
    await nodeFiles.syncDirectory(path);
  }

  async link(from: string, to: string): Promise<void> {
    this.#change();
    await nodeFiles.link(from, to);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#change();
    await nodeFiles.rename(from, to);
  }

  async remove(path: string): Promise<void> {
    this.#change();
    this.#unsynced.delete(path);
    await nodeFiles.remove(path);
  }

  async removeTree(path: string): Promise<void> {
    this.#change();
    await nodeFiles.removeTree(path);
  }

  async #write(write: {
    readonly file: LogFile;
    readonly path: string;
    readonly chunks: readonly Uint8Array[];
    readonly offset: number;
  }): Promise<void> {
    const { file, path, chunks, offset } = write;
    const bytes = Buffer.concat([...chunks]);
    try {
      this.#change();
    } catch (thrown) {
      if (this.#calls === this.#fault?.at) {
        await file.write([bytes.subarray(0, bytes.byteLength >>> 1)], offset);
      }
      throw thrown;
    }
    await file.write([bytes], offset);
    const from = this.#unsynced.get(path)?.from ?? offset;
    this.#unsynced.set(path, { from, to: offset + bytes.byteLength });
  }

  #change(): void {
    this.#calls += 1;
    if (this.#fault === undefined || this.#calls < this.#fault.at) return;
    if (this.#fault.lasts === 'once' && this.#calls > this.#fault.at) return;
    const { code } = this.#fault;
    throw Object.assign(new Error(`${code}: planned for change ${this.#calls}`), { code });
  }
}

/** One line of `byteLength` bytes, newline included, that begins with `text`. */
export function line(text: string, byteLength: number = text.length + 1): Uint8Array {
  return Buffer.from(`${text.padEnd(byteLength - 1, '.')}\n`);
}

/** All lines of a partition after an offset, read in batches. */
export async function readLines(
  log: EventLog,
  stream: string,
  { partition = 0, after, bytesMax = 1_000_000 }: ReadOptions = {},
): Promise<string[]> {
  const chunks: Buffer[] = [];
  for (let at = after; ;) {
    const batch = await log.read(stream, partition, at, bytesMax);
    if (batch === undefined) break;
    chunks.push(await readFile(batch.path));
    await batch.release();
    at = batch.to;
  }
  return Buffer.concat(chunks).toString().split('\n').slice(0, -1);
}

type ReadOptions = { partition?: number; after?: number; bytesMax?: number };
