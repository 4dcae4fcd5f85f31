import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { KeyTable } from './key-table.ts';
import type { KeyEntry } from './key-table.ts';
import { keyAgeMaxMs } from './log.ts';
import { NotYetStored } from './not-yet-stored.ts';
import type { Appended } from './log.ts';

export type RequestKey = { readonly keyHash: Uint8Array; readonly bodyHash: Uint8Array };

/**
 * Makes sure that a key's request is stored once. A key is taken by the first request that names
 * it; others wait for that one's end: stored, they get its answer; failed, the next takes the key;
 * not yet known, they are told so too.
 */
export class Idempotency {
  readonly #clock: Clock;
  readonly #keysMax: number;
  readonly #table: KeyTable;
  /** Resolve to why the answer of the first request could not wait for its end, if so. */
  readonly #inFlight = new Map<string, Promise<HeliosError | undefined>>();

  constructor(clock: Clock, keysMax: number) {
    this.#clock = clock;
    this.#keysMax = keysMax;
    this.#table = new KeyTable(keyAgeMaxMs, keysMax);
  }

  /** Takes in a key that the log's index remembers; oldest first, as far as that is known. */
  remember(entry: KeyEntry): void {
    this.#table.add(entry);
  }

  /**
   * Stores a request unless its key has been stored. `idempotency_mismatch` where that was with
   * another body, `unavailable` where no more keys can be remembered.
   */
  async once(key: RequestKey, store: () => Promise<Appended>): Promise<Appended> {
    const name = Buffer.from(key.keyHash).toString('latin1');
    for (;;) {
      const found = this.#table.find(key.keyHash, key.bodyHash, this.#clock.nowMs());
      if (found) return answerAgain(found);
      const first = this.#inFlight.get(name);
      if (first === undefined) break;
      const late = await first;
      if (late !== undefined) throw late;
    }
    this.#checkRoom();
    return await this.#first(name, key, store);
  }

  async #first(name: string, key: RequestKey, store: () => Promise<Appended>): Promise<Appended> {
    const storing = store().then((appended) => {
      this.#remember(key, appended);
      return appended;
    });
    this.#inFlight.set(
      name,
      storing.then(() => undefined, lateness),
    );
    try {
      const appended = await storing;
      this.#inFlight.delete(name);
      return appended;
    } catch (thrown) {
      const late = lateness(thrown);
      if (late === undefined) this.#inFlight.delete(name);
      else void this.#whenKnown(name, key, late.stored);
      throw thrown;
    }
  }

  async #whenKnown(name: string, key: RequestKey, stored: Promise<Appended>): Promise<void> {
    // Not stored after all: the next request takes the key.
    await stored.then(
      (appended) => this.#remember(key, appended),
      () => undefined,
    );
    this.#inFlight.delete(name);
  }

  #remember(key: RequestKey, { partition, from, to }: Appended): void {
    const arrivedAtMs = this.#clock.nowMs();
    this.#table.add({ ...key, partition, from, byteLength: to - from, arrivedAtMs });
  }

  #checkRoom(): void {
    this.#table.expire(this.#clock.nowMs());
    const count = this.#table.count + this.#inFlight.size;
    if (count < this.#keysMax) return;
    throw new HeliosError(
      'unavailable',
      `The ${this.#keysMax} idempotency keys that can be remembered are all in use.`,
      { hint: 'Keys are kept for 24 hours. Try again later, or send without Idempotency-Key.' },
    );
  }
}

/** The hashes by which a request is known; the scope of a key is its stream. */
export function hashRequest(
  streamId: string,
  key: string,
  body: Uint8Array | readonly Uint8Array[],
): RequestKey {
  const keyHash = createHash('sha256').update(`${streamId}\n${key}`).digest().subarray(0, 16);
  if (body instanceof Uint8Array) return { keyHash, bodyHash: body };
  const bodyHash = createHash('sha256');
  for (const chunk of body) bodyHash.update(chunk);
  return { keyHash, bodyHash: bodyHash.digest().subarray(0, 16) };
}

function lateness(thrown: unknown): NotYetStored<Appended> | undefined {
  return thrown instanceof NotYetStored ? thrown : undefined;
}

type Found = { partition: number; from: number; to: number; isSameBody: boolean };

function answerAgain({ isSameBody, ...place }: Found): Appended {
  if (isSameBody) return { ...place, isDuplicate: true };
  throw new HeliosError(
    'idempotency_mismatch',
    'This Idempotency-Key was used within the last 24 hours with another body.',
    { hint: 'Use a new key for a new request; the same key only to send the same body again.' },
  );
}
