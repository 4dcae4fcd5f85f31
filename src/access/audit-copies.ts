import type { Clock } from '../base/clock.ts';
import { asHeliosError, type HeliosError } from '../base/errors.ts';
import type { Storage } from '../storage/storage.ts';

export type AuditCopiesOptions = {
  /** Where the state is kept, which another machine may go on from. */
  readonly storage: Pick<Storage, 'list' | 'read' | 'putIfAbsent'>;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly onProblem: (problem: HeliosError) => void;
  readonly intervalMs?: number | undefined;
  readonly waitingCharactersMax?: number | undefined;
};

/** One object a minute at most: at a store's prices for puts that is some cents a month. */
const intervalDefaultMs = 60_000;
/** What waits while the store can't be reached: it is in the file, too. */
const waitingCharactersDefault = 64 * 1024 * 1024;
/** What a machine that begins anew looks through. */
const objectsReadMax = 100;
const daysReadMax = 30;
const dayMs = 86_400_000;

/**
 * Lines of the audit log in an object store: each object is put once, under the time of its first
 * line, and never touched again. What a machine did in its last minute goes with its disk.
 */
export class AuditCopies {
  readonly #options: AuditCopiesOptions;
  readonly #closing = new AbortController();
  #waiting: string[] = [];
  #waitingCharacters = 0;
  #running: Promise<void> | undefined;

  constructor(options: AuditCopiesOptions) {
    this.#options = options;
  }

  /** Puts what waits, again and again. */
  start(): void {
    this.#running = this.#run();
  }

  add(lines: string): void {
    this.#waiting.push(lines);
    this.#waitingCharacters += lines.length;
    const { waitingCharactersMax = waitingCharactersDefault } = this.#options;
    while (this.#waitingCharacters > waitingCharactersMax) {
      this.#waitingCharacters -= this.#waiting.shift()?.length ?? 0;
    }
  }

  /** The newest lines of all machines, the oldest first. */
  async newest(): Promise<readonly string[]> {
    const { storage, clock } = this.#options;
    const startAfter = pathOf(clock.nowMs() - daysReadMax * dayMs, '');
    const paths: string[] = [];
    for await (const { path } of storage.list(folder, { startAfter })) paths.push(path);
    const lines: string[] = [];
    for (const path of paths.slice(-objectsReadMax)) {
      const text = Buffer.from(await storage.read(path)).toString('utf8');
      for (const line of text.split('\n').slice(0, -1)) lines.push(line);
    }
    return lines;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    await this.#put();
  }

  async #run(): Promise<void> {
    const { clock, intervalMs = intervalDefaultMs } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal).catch(() => undefined);
      if (!signal.aborted) await this.#put();
    }
  }

  /** What can't be put waits on: it is in the file, too. */
  async #put(): Promise<void> {
    const lines = this.#waiting;
    if (lines.length === 0) return;
    this.#waiting = [];
    this.#waitingCharacters = 0;
    const { storage, clock, newId, onProblem } = this.#options;
    try {
      await storage.putIfAbsent(pathOf(clock.nowMs(), newId()), Buffer.from(lines.join('')));
    } catch (thrown) {
      onProblem(asHeliosError(thrown));
      const since = this.#waiting;
      this.#waiting = [];
      this.#waitingCharacters = 0;
      for (const one of [...lines, ...since]) this.add(one);
    }
  }
}

const folder = 'audit/';

/** Names in the order of time. */
function pathOf(timeMs: number, id: string): string {
  return `${folder}${new Date(timeMs).toISOString()}-${id}.ndjson`;
}
