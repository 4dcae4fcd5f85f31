import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { hashRequest, Idempotency } from '../../log/idempotency.ts';
import type { KeyEntry } from '../../log/key-table.ts';
import { defaultLimits } from '../../log/log.ts';
import { KeyNotes, type NotedKeys } from './key-notes.ts';
import type { StoredBatch, StoredPlace, TopicStream } from './topic-stream.ts';

/** Reads what the notes don't say; gives where each partition ends, up to where that is known. */
export type KeyScan = (
  positions: NotedKeys['positions'],
  onKey: (entry: KeyEntry) => void,
  signal: AbortSignal,
) => Promise<readonly number[]>;

type StreamKeysOptions = {
  readonly streamId: string;
  readonly name: string;
  readonly directory: string;
  readonly clock: Clock;
  readonly scan: KeyScan;
  /** A request waits so long for the keys of before. */
  readonly waitMsMax: number;
};

export type KeyedPlace = StoredPlace & { readonly isDuplicate: boolean };

/** Bytes of a partition that are read again after a crash, at most about. */
const positionEveryBytes = 16 * 1024 * 1024;

/**
 * Makes sure that a key's request is stored once in a topic. Keys are noted beside the catalog
 * before their request is answered, and stand in a header of its records: those that a crash kept
 * from being noted are found there. Nothing is read or written before the first key comes.
 */
export class StreamKeys {
  readonly #options: StreamKeysOptions;
  readonly #idempotency: Idempotency;
  readonly #bytesSince = new Map<number, number>();
  readonly #closing = new AbortController();
  #notes: KeyNotes | undefined;
  #opening: Promise<KeyNotes> | undefined;

  constructor(options: StreamKeysOptions) {
    this.#options = options;
    this.#idempotency = new Idempotency(options.clock, defaultLimits.keysMax);
  }

  /**
   * `idempotency_mismatch` where the key came with another body; `unavailable` while the keys of
   * before are being read.
   */
  async append(stream: TopicStream, lines: Buffer, idempotencyKey: string): Promise<KeyedPlace> {
    const { streamId, clock } = this.#options;
    const notes = this.#notes ?? (await this.#opened());
    const key = hashRequest(streamId, idempotencyKey, [lines]);
    for (;;) {
      await stream.settle(key);
      try {
        const appended = await this.#idempotency.once(key, async () => {
          // Whoever had the key failed, and it may be stored all the same.
          if (stream.isInDoubt(key)) throw inDoubt;
          return { ...(await stream.append(lines, key)), isDuplicate: false };
        });
        await notes.flush(clock.nowMs());
        return appended;
      } catch (thrown) {
        if (thrown !== inDoubt) throw thrown;
      }
    }
  }

  /** To be told of every batch of the stream. */
  onStored({ partition, endOffset, byteLength, keyed, wasInDoubt }: StoredBatch): void {
    const notes = this.#notes;
    if (notes === undefined) return;
    const arrivedAtMs = this.#options.clock.nowMs();
    for (const { key, place } of keyed) {
      const entry = { ...key, ...place, byteLength: place.to - place.from, arrivedAtMs };
      notes.addKey(entry);
      if (wasInDoubt) this.#idempotency.remember(entry);
    }
    if (endOffset === undefined) return;
    const bytesSince = (this.#bytesSince.get(partition) ?? 0) + byteLength;
    const isDue = keyed.length > 0 || bytesSince >= positionEveryBytes;
    this.#bytesSince.set(partition, isDue ? 0 : bytesSince);
    if (isDue) notes.addPosition(partition, endOffset);
  }

  /** `isComplete`: every batch was told of, and none is in doubt. */
  async close(isComplete: boolean): Promise<void> {
    this.#closing.abort();
    await this.#opening?.catch(() => undefined);
    await this.#notes?.close(this.#options.clock.nowMs(), isComplete);
  }

  async #opened(): Promise<KeyNotes> {
    const { clock, waitMsMax, name } = this.#options;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    const waiting = new AbortController();
    try {
      const late = clock.sleep(waitMsMax, waiting.signal).then(() => undefined);
      late.catch(() => undefined);
      const notes = await Promise.race([this.#opening, late]);
      if (notes !== undefined) return notes;
    } finally {
      waiting.abort();
    }
    throw new HeliosError('unavailable', `The keys of the stream "${name}" are still being read.`, {
      hint: 'Send again after a moment. Nothing of the request was stored.',
      details: { may_be_stored: false },
    });
  }

  async #open(): Promise<KeyNotes> {
    const { directory, clock, scan } = this.#options;
    const { notes, noted } = await KeyNotes.open(directory, clock.nowMs());
    const found: KeyEntry[] = [];
    const ends = await scan(noted.positions, (entry) => found.push(entry), this.#closing.signal);
    for (const entry of noted.entries) this.#idempotency.remember(entry);
    for (const entry of found) {
      this.#idempotency.remember(entry);
      notes.addKey(entry);
    }
    for (const [partition, end] of ends.entries()) notes.addPosition(partition, end);
    // A key that is sent and not noted lies behind these, from here on.
    await notes.flush(clock.nowMs());
    this.#notes = notes;
    return notes;
  }
}

/** Never seen outside: the request waits until it is known. */
const inDoubt = new Error('in doubt');
