import { assert } from '../base/assert.ts';
import type { EpochMs } from '../event/record.ts';

/** A request that had a key: what it was, and the answer it got. */
export type KeyEntry = {
  /** 16 bytes: uniform, as a cryptographic hash is. */
  readonly keyHash: Uint8Array;
  /** 16 bytes, of which the first 8 are kept. */
  readonly bodyHash: Uint8Array;
  readonly partition: number;
  readonly from: number;
  readonly byteLength: number;
  readonly arrivedAtMs: EpochMs;
};

export type KeyFound = {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly isSameBody: boolean;
};

/**
 * The idempotency keys of the last while, in arrival order, in typed arrays: ten million objects
 * would be two gigabytes. A ring of entries, chained by hash; entries leave only at the old end.
 */
export class KeyTable {
  readonly #ageMaxMs: number;
  readonly #countMax: number;
  #columns: Columns = makeColumns(1024);
  /** Entries ever added and ever dropped; the ring holds those between. */
  #added = 0;
  #dropped = 0;

  constructor(ageMaxMs: number, countMax: number) {
    this.#ageMaxMs = ageMaxMs;
    this.#countMax = countMax;
  }

  /** Entries in the table; call `expire` first to have none in it that are past their time. */
  get count(): number {
    return this.#added - this.#dropped;
  }

  find(keyHash: Uint8Array, bodyHash: Uint8Array, nowMs: EpochMs): KeyFound | undefined {
    const columns = this.#columns;
    const key = wordsOf(keyHash);
    let slot = columns.heads[headOf(columns, key[0])] ?? none;
    for (; slot !== none; slot = columns.next[slot] ?? none) {
      if (!hasWords(columns.keys, slot * 4, key)) continue;
      if ((columns.arrivedAtMs[slot] ?? 0) + this.#ageMaxMs <= nowMs) return undefined;
      const from = columns.from[slot] ?? 0;
      return {
        partition: columns.partition[slot] ?? 0,
        from,
        to: from + (columns.byteLength[slot] ?? 0),
        isSameBody: hasWords(columns.bodies, slot * 2, wordsOf(bodyHash).subarray(0, 2)),
      };
    }
    return undefined;
  }

  /** Adds an entry. One with the same key hides the older one. */
  add(entry: KeyEntry): void {
    if (this.count === this.#columns.capacity) this.#grow();
    const columns = this.#columns;
    const slot = this.#added % columns.capacity;
    columns.keys.set(wordsOf(entry.keyHash), slot * 4);
    columns.bodies.set(wordsOf(entry.bodyHash).subarray(0, 2), slot * 2);
    columns.from[slot] = entry.from;
    columns.byteLength[slot] = entry.byteLength;
    columns.arrivedAtMs[slot] = entry.arrivedAtMs;
    columns.partition[slot] = entry.partition;
    this.#added += 1;
    chain(columns, slot);
  }

  /** Drops entries past their time, from the old end. */
  expire(nowMs: EpochMs): void {
    const columns = this.#columns;
    while (this.count > 0) {
      const slot = this.#dropped % columns.capacity;
      if ((columns.arrivedAtMs[slot] ?? 0) + this.#ageMaxMs > nowMs) return;
      unchain(columns, slot);
      this.#dropped += 1;
    }
  }

  #grow(): void {
    const old = this.#columns;
    // Not past what will be used at most; what indexes remember may still be more than that.
    const doubled = old.capacity * 2;
    const capacity = old.capacity < this.#countMax ? Math.min(doubled, this.#countMax) : doubled;
    const columns = makeColumns(capacity);
    const count = this.count;
    for (let number = 0; number < count; number++) {
      copySlot(old, (this.#dropped + number) % old.capacity, columns, number);
      chain(columns, number);
    }
    this.#columns = columns;
    this.#dropped = 0;
    this.#added = count;
  }
}

const none = 0xffff_ffff;

/** One slot is 46 bytes and a head. */
type Columns = {
  readonly capacity: number;
  readonly heads: Uint32Array;
  readonly next: Uint32Array;
  readonly keys: Uint32Array;
  readonly bodies: Uint32Array;
  readonly from: Float64Array;
  readonly byteLength: Uint32Array;
  readonly arrivedAtMs: Float64Array;
  /** Topics of Kafka have more than the log's streams. */
  readonly partition: Uint16Array;
};

function makeColumns(capacity: number): Columns {
  return {
    capacity,
    heads: new Uint32Array(capacity).fill(none),
    next: new Uint32Array(capacity),
    keys: new Uint32Array(capacity * 4),
    bodies: new Uint32Array(capacity * 2),
    from: new Float64Array(capacity),
    byteLength: new Uint32Array(capacity),
    arrivedAtMs: new Float64Array(capacity),
    partition: new Uint16Array(capacity),
  };
}

function headOf(columns: Columns, firstWord: number | undefined): number {
  return (firstWord ?? 0) % columns.capacity;
}

function chain(columns: Columns, slot: number): void {
  const head = headOf(columns, columns.keys[slot * 4]);
  columns.next[slot] = columns.heads[head] ?? none;
  columns.heads[head] = slot;
}

/** The oldest entry is the last of its chain. */
function unchain(columns: Columns, slot: number): void {
  const head = headOf(columns, columns.keys[slot * 4]);
  let at = columns.heads[head] ?? none;
  if (at === slot) columns.heads[head] = none;
  else {
    while (columns.next[at] !== slot) {
      at = columns.next[at] ?? none;
      assert(at !== none, 'an entry is in the chain of its hash');
    }
    columns.next[at] = none;
  }
}

function copySlot(from: Columns, slot: number, to: Columns, toSlot: number): void {
  to.keys.set(from.keys.subarray(slot * 4, slot * 4 + 4), toSlot * 4);
  to.bodies.set(from.bodies.subarray(slot * 2, slot * 2 + 2), toSlot * 2);
  to.from[toSlot] = from.from[slot] ?? 0;
  to.byteLength[toSlot] = from.byteLength[slot] ?? 0;
  to.arrivedAtMs[toSlot] = from.arrivedAtMs[slot] ?? 0;
  to.partition[toSlot] = from.partition[slot] ?? 0;
}

function wordsOf(hash: Uint8Array): Uint32Array {
  assert(hash.byteLength >= 16, 'hashes have 16 bytes');
  const view = new DataView(hash.buffer, hash.byteOffset, 16);
  return Uint32Array.of(
    view.getUint32(0, true),
    view.getUint32(4, true),
    view.getUint32(8, true),
    view.getUint32(12, true),
  );
}

function hasWords(words: Uint32Array, at: number, expected: Uint32Array): boolean {
  for (let word = 0; word < expected.length; word++) {
    if (words[at + word] !== expected[word]) return false;
  }
  return true;
}
