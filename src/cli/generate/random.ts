/** Random choices that repeat exactly for the same seed. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1): mulberry32 (Tommy Ettinger, public domain), 32 bits of state. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from 0 to `end` − 1. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }

  /** Favours the first items, the more so the larger `skew` is; 1 is even. */
  pickSkewed<T>(items: readonly [T, ...T[]], skew: number): T {
    return items[Math.floor(items.length * this.next() ** skew)] ?? items[0];
  }

  /** A version 4 UUID. */
  uuid(): string {
    const hex = [0, 1, 2, 3]
      .map(() =>
        this.below(2 ** 32)
          .toString(16)
          .padStart(8, '0'),
      )
      .join('');
    const variant = '89ab'[this.below(4)];
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      `${variant}${hex.slice(17, 20)}`,
      hex.slice(20),
    ].join('-');
  }
}

/**
 * Mixes two numbers to one that looks random: the choice for a given minute, whenever it is asked.
 */
export function hashOf(seed: number, index: number): number {
  const low = index >>> 0;
  const high = Math.floor(index / 2 ** 32) >>> 0;
  return new SeededRandom(Math.imul(seed ^ low, 0x9e3779b1) ^ high).next();
}
