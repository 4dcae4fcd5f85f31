import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import type { QueryService } from '../../query/query.ts';

export type SharedQuery = {
  readonly sql: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Parameters that are times: ms from when the query is run. */
  readonly times: Readonly<Record<string, number>>;
  readonly maxRows: number;
  readonly tickMs: number;
};

export type SharedAnswer = {
  /** The document of a query's answer as JSON; whoever gets it doesn't change it. */
  readonly json: Buffer;
  /** When the next tick begins. */
  readonly nextMs: number;
};

export type SharingLimits = {
  /** Different queries that run, or have run in their tick. */
  readonly entriesMax: number;
  readonly answerBytesMax: number;
  /** Answers that wait for the rest of their tick; what is above is asked again. */
  readonly keptBytesMax: number;
};

const defaultLimits: SharingLimits = {
  entriesMax: 256,
  answerBytesMax: 4 * 1024 * 1024,
  keptBytesMax: 32 * 1024 * 1024,
};

type Parts = {
  readonly queries: Pick<QueryService, 'run'>;
  readonly clock: Clock;
  readonly limits?: SharingLimits | undefined;
  readonly onDone?: (outcome: 'done' | 'failed') => void;
};

/**
 * Answers that many viewers share. Of each query at most one runs, and at most one is begun in a
 * tick, however many ask: who asks while it runs, or in the rest of its tick, gets its answer.
 *
 * ```
 * tick      |0         |1         |2
 * viewer A  run────────▶ run───────▶
 * viewer B     joins───▶    joins──▶
 * viewer C         gets▶
 * ```
 *
 * Ticks are the same for everybody: multiples of their length since 1970.
 */
export class SharedAnswers {
  readonly #parts: Parts;
  readonly #limits: SharingLimits;
  readonly #entries = new Map<string, Entry>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#limits = parts.limits ?? defaultLimits;
  }

  /**
   * Rejects as the query does, for everybody who shares it, and with the signal's reason. A query
   * that nobody waits for any more is cancelled.
   */
  async ask(query: SharedQuery, signal: AbortSignal): Promise<SharedAnswer> {
    signal.throwIfAborted();
    const { clock } = this.#parts;
    const entry = this.#entryOf(query);
    entry.viewerCount += 1;
    const left = Promise.withResolvers<never>();
    const onAbort = (): void => left.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const json = await Promise.race([entry.answer, left.promise]);
      return { json, nextMs: query.tickMs - (clock.nowMs() % query.tickMs) };
    } finally {
      signal.removeEventListener('abort', onAbort);
      entry.viewerCount -= 1;
      if (entry.viewerCount === 0 && entry.state === 'running') this.#drop(entry);
    }
  }

  #entryOf(query: SharedQuery): Entry {
    const key = keyOf(query);
    const tick = Math.floor(this.#parts.clock.nowMs() / query.tickMs);
    const known = this.#entries.get(key);
    if (known !== undefined && (known.state === 'running' || known.tick === tick)) return known;
    this.#makeRoom();
    const stop = new AbortController();
    const entry: Entry = {
      ...{ key, tick, tickMs: query.tickMs, stop },
      answer: this.#run(query, stop.signal),
      state: 'running',
      viewerCount: 0,
      bytes: 0,
    };
    this.#entries.set(key, entry);
    entry.answer.then(
      (json) => this.#onDone(entry, json.byteLength),
      () => this.#onDone(entry, 0),
    );
    return entry;
  }

  async #run(query: SharedQuery, signal: AbortSignal): Promise<Buffer> {
    const { queries, clock } = this.#parts;
    const nowMs = clock.nowMs();
    const times = Object.entries(query.times).map(
      ([name, fromNowMs]) => [name, new Date(nowMs + fromNowMs).toISOString()] as const,
    );
    const answer = await queries.run({
      sql: query.sql,
      params: { ...query.params, ...Object.fromEntries(times) },
      format: 'json',
      maxRows: query.maxRows,
      timeoutMs: undefined,
      signal,
    });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of answer.body) {
      bytes += chunk.byteLength;
      if (bytes > this.#limits.answerBytesMax) throw tooLarge(this.#limits.answerBytesMax);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, bytes);
  }

  #onDone(entry: Entry, bytes: number): void {
    this.#parts.onDone?.(bytes === 0 ? 'failed' : 'done');
    entry.state = 'done';
    entry.bytes = bytes;
    this.#forgetPast();
    const kept = [...this.#entries.values()].reduce((sum, one) => sum + one.bytes, 0);
    if (kept > this.#limits.keptBytesMax) this.#forget(entry);
  }

  #drop(entry: Entry): void {
    this.#forget(entry);
    entry.stop.abort(new HeliosError('cancelled', 'Nobody waits for the answer any more.'));
  }

  #forget(entry: Entry): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
  }

  /** Answers may be asked again: only what runs is in the way. */
  #makeRoom(): void {
    const { entriesMax } = this.#limits;
    this.#forgetPast();
    if (this.#entries.size < entriesMax) return;
    const oldest = [...this.#entries.values()].find(({ state }) => state === 'done');
    if (oldest === undefined) throw tooMany(entriesMax);
    this.#forget(oldest);
  }

  /** Lets go of the answers whose tick is over. */
  #forgetPast(): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const entry of this.#entries.values()) {
      const isPast = entry.tick !== Math.floor(nowMs / entry.tickMs);
      if (entry.state === 'done' && isPast) this.#forget(entry);
    }
  }
}

type Entry = {
  readonly key: string;
  readonly tick: number;
  readonly tickMs: number;
  readonly stop: AbortController;
  readonly answer: Promise<Buffer>;
  state: 'running' | 'done';
  /** Who waits for it now. */
  viewerCount: number;
  /** Of the answer, once it is there. */
  bytes: number;
};

function keyOf({ sql, params, times, maxRows, tickMs }: SharedQuery): string {
  const sorted = (record: object): unknown =>
    Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const text = JSON.stringify([sql, sorted(params), sorted(times), maxRows, tickMs]);
  return createHash('sha256').update(text).digest('base64url');
}

function tooLarge(bytesMax: number): HeliosError {
  return new HeliosError('too_large', `The answer is larger than ${bytesMax} bytes.`, {
    hint: 'Ask for fewer rows or columns.',
  });
}

function tooMany(entriesMax: number): HeliosError {
  return new HeliosError('too_busy', `${entriesMax} different shared queries run already.`, {
    hint: 'Ask again in a moment, or less often.',
  });
}
