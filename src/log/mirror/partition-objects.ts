import { backoffMs, type BackoffPolicy } from '../../base/backoff.ts';
import { crashPoint } from '../../base/crash-point.ts';
import type { Clock } from '../../base/clock.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import type { Storage, StoredObject } from '../../storage/storage.ts';
import { decodeObject, encodeObject } from './log-object.ts';
import type { LogObject } from './log-object.ts';
import type { IndexEntry } from '../partition/index-entry.ts';
import { chainOf, groupPath } from './object-names.ts';
import type { ObjectChain, RangeObject } from './object-names.ts';

export type ObjectsContext = {
  readonly storage: Storage;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Aborts when the log closes: what is not put by then isn't waited for. */
  readonly signal: AbortSignal;
};

/** What one put stores. */
export type GroupPut = {
  readonly entries: readonly IndexEntry[];
  readonly chunks: readonly Uint8Array[];
};

/** Storage retries by itself; this is for a store that stays away. */
const retries: BackoffPolicy = { firstMs: 200, maxMs: 5_000, attemptsMax: Infinity };

/**
 * A put that finds nothing proves that nobody else has written there only while objects are kept:
 * after so long without one, what others wrote may have been merged and deleted. Objects are kept
 * at least twice as long, see `object-care.ts`.
 */
export const contactMsMax: number = 30 * 60_000;

/** The objects of one partition. */
export class PartitionObjects {
  readonly prefix: string;
  readonly context: ObjectsContext;
  #lastContactMs: Contact;
  /** Puts since the log was opened. */
  puts = 0;

  constructor(prefix: string, context: ObjectsContext) {
    this.prefix = prefix;
    this.context = context;
    this.#lastContactMs = contactNow(context.clock);
  }

  async list(): Promise<ObjectChain> {
    const stored: StoredObject[] = [];
    for await (const object of this.context.storage.list(`${this.prefix}/`)) stored.push(object);
    return chainOf(this.prefix, stored);
  }

  async read({ path }: Pick<RangeObject, 'path'>): Promise<LogObject> {
    return decodeObject(await this.context.storage.read(path), this.urlOf(path));
  }

  /**
   * Puts a group where its first byte belongs, and tries until it is there. `onFailure` hears of
   * each failure. Rejects with `fenced` where another group is there, and with `unavailable` when
   * the log closes: then it may be there, now or later.
   */
  async put(group: GroupPut, onFailure: (failure: HeliosError) => void): Promise<void> {
    const { clock, random, signal, storage } = this.context;
    const base = group.entries[0]?.offset ?? 0;
    const path = groupPath(this.prefix, base);
    const bytes = encodeObject(group.entries, group.chunks);
    crashPoint('before-log-put');
    for (let attempt = 1; ; attempt++) {
      throwIfClosing(signal);
      try {
        const putting = storage.putIfAbsent(path, bytes);
        const outcome = await orClosing(putting, signal);
        if (outcome === 'exists') await this.#checkIsOurs(path, bytes);
        await this.#checkAlone(base);
        this.#lastContactMs = contactNow(clock);
        this.puts += 1;
        crashPoint('after-log-put');
        return;
      } catch (thrown) {
        const failure = asHeliosError(thrown);
        if (failure.code === 'fenced' || signal.aborted) throw failure;
        onFailure(failure);
      }
      await clock.sleep(backoffMs(retries, attempt, random), signal).catch(() => undefined);
    }
  }

  urlOf(path: string): string {
    return `${this.context.storage.location}/${path}`;
  }

  /** A put whose answer was lost has its effect; the same bytes are the same group. */
  async #checkIsOurs(path: string, bytes: Buffer): Promise<void> {
    const there = await this.context.storage.read(path);
    if (bytes.equals(there)) return;
    throw isFenced(this.urlOf(path));
  }

  async #checkAlone(base: number): Promise<void> {
    if (!isLongAgo(this.#lastContactMs, this.context.clock)) return;
    const { objects } = await this.list();
    const later = objects.find((object) => object.base > base || (object.end ?? 0) > base);
    // Its end is known where something follows.
    if (later !== undefined) throw isFenced(this.urlOf(later.path));
  }
}

/** By two clocks: one of them stands still while a machine sleeps, the other may be set. */
type Contact = { readonly wallMs: number; readonly monotonicMs: number };

function contactNow(clock: Clock): Contact {
  return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
}

function isLongAgo(contact: Contact, clock: Clock): boolean {
  const now = contactNow(clock);
  const byWall = Math.abs(now.wallMs - contact.wallMs);
  return Math.max(byWall, now.monotonicMs - contact.monotonicMs) > contactMsMax;
}

function throwIfClosing(signal: AbortSignal): void {
  if (signal.aborted) throw isClosing();
}

async function orClosing<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: closing, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(isClosing());
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, closing]);
  } finally {
    signal.removeEventListener('abort', abort);
    promise.catch(() => undefined);
  }
}

function isClosing(): HeliosError {
  return new HeliosError('unavailable', 'Helios is stopping; the object store has not answered.', {
    hint: 'Send again once it has started, with the same Idempotency-Key.',
    details: { may_be_stored: true },
  });
}

function isFenced(url: string): HeliosError {
  return new HeliosError('fenced', `Another Helios writes this stream: it has put ${url}.`, {
    hint:
      'Let one machine run with this --state. To go on here, end the other and start this one ' +
      'again: it takes over what the other acknowledged.',
    details: { object: url },
  });
}
