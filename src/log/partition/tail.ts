import type { EpochMs } from '../../event/record.ts';

/** Bytes of one partition, as one group commit wrote them; they are the tail's from then on. */
export type TailBlock = {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly arrivedAtMs: EpochMs;
};

/** How many bytes all tails together keep, and which of them gives way next. */
export class TailBudget {
  readonly #bytesMax: number;
  #bytes = 0;
  readonly #order = new Fifo<Tail>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Counts a block that `tail` has just taken in; the oldest blocks of all go until it fits. */
  took(tail: Tail, byteLength: number): void {
    this.#order.push(tail);
    this.#bytes += byteLength;
    while (this.#bytes > this.#bytesMax) {
      const oldest = this.#order.shift();
      if (oldest === undefined) return;
      this.#bytes -= oldest.dropOldest();
    }
  }
}

/**
 * The newest bytes of a partition, without gaps up to its end: reading them needs no disk. A block
 * that leaves is freed at once unless somebody reads. Left to the garbage collector, the memory of
 * what comes in would make it run over the whole heap for every 30 MB.
 */
export class Tail {
  readonly #budget: TailBudget;
  readonly #blocks = new Fifo<TailBlock>();
  #readers = 0;

  constructor(budget: TailBudget) {
    this.#budget = budget;
  }

  add(block: TailBlock): void {
    this.#blocks.push(block);
    this.#budget.took(this, block.bytes.byteLength);
  }

  /** Bytes that this freed. Called by the budget only. */
  dropOldest(): number {
    const bytes = this.#blocks.shift()?.bytes;
    const byteLength = bytes?.byteLength ?? 0;
    if (bytes && this.#readers === 0) free(bytes);
    return byteLength;
  }

  /**
   * Lets `use` have whole lines from `from`: up to the end of the line that holds the byte before
   * `target`. Their bytes are good until its promise settles. Undefined, without calling `use`,
   * where the tail does not reach back to `from`.
   */
  async read<T>(
    { from, target }: { readonly from: number; readonly target: number },
    use: (lines: TailRead) => Promise<T>,
  ): Promise<T | undefined> {
    const lines = this.#find(from, target);
    if (lines === undefined) return undefined;
    this.#readers += 1;
    try {
      return await use(lines);
    } finally {
      this.#readers -= 1;
    }
  }

  #find(from: number, target: number): TailRead | undefined {
    const first = this.#blocks.get(0);
    if (first === undefined || first.offset > from) return undefined;
    const chunks: Uint8Array[] = [];
    let arrivedAtMs = first.arrivedAtMs;
    for (let number = this.#blockAt(from); ; number++) {
      const block = this.#blocks.get(number);
      if (block === undefined) return undefined;
      const start = Math.max(0, from - block.offset);
      const end = lineEnd(block, target);
      chunks.push(block.bytes.subarray(start, end));
      arrivedAtMs = Math.max(arrivedAtMs, block.arrivedAtMs);
      if (end !== undefined) return { chunks, to: block.offset + end, arrivedAtMs };
    }
  }

  #blockAt(offset: number): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#blocks.get(middle)?.offset ?? Infinity) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

export type TailRead = {
  readonly chunks: readonly Uint8Array[];
  readonly to: number;
  readonly arrivedAtMs: EpochMs;
};

/** Gives memory back that the bytes have to themselves; they are empty afterwards. */
function free(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) buffer.transfer(0);
}

/** End, within the block, of the line that holds the byte before `target`; undefined if later. */
function lineEnd(block: TailBlock, target: number): number | undefined {
  const at = Math.max(0, target - 1 - block.offset);
  if (at >= block.bytes.byteLength) return undefined;
  const newline = block.bytes.indexOf(0x0a, at);
  return newline < 0 ? undefined : newline + 1;
}

/** An array that gives up its first item without moving the others each time. */
class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  get(number: number): T | undefined {
    return this.#items[this.#head + number];
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head > 1000 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
