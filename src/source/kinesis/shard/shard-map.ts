/** A shard as Kinesis lists it. Bounds of hash keys are inclusive. */
export type ListedShard = {
  readonly id: string;
  /** None for a shard the stream began with; two after a merge. */
  readonly parents: readonly string[];
  readonly hashKeyStart: bigint;
  readonly hashKeyEnd: bigint;
  /** It was split or merged: it has an end. */
  readonly isClosed: boolean;
};

/**
 * The shards of a stream and what comes before what. A shard may be read when all its parents were
 * read to their ends, by positions that are committed; then the records of a partition key keep
 * their order through splits and merges. A parent that is no longer listed, and that was never
 * read from, is past its retention: it counts as read.
 */
export class ShardMap {
  #shards: ReadonlyMap<string, ListedShard>;
  /** Told by their parents, not yet by a listing, which may be older. */
  readonly #announced = new Map<string, ListedShard>();
  readonly #ended = new Set<string>();
  readonly #begun = new Set<string>();

  constructor(listed: readonly ListedShard[]) {
    this.#shards = byId(listed);
  }

  /** Takes a whole listing in place of the one before. */
  replace(listed: readonly ListedShard[]): void {
    for (const { id } of listed) this.#announced.delete(id);
    this.#shards = byId([...listed, ...this.#announced.values()]);
  }

  /** Children that a parent told of when it ended. */
  announce(children: readonly ListedShard[]): void {
    for (const child of children)
      if (!this.#shards.has(child.id)) this.#announced.set(child.id, child);
    this.#shards = byId([...this.#shards.values(), ...this.#announced.values()]);
  }

  get(id: string): ListedShard | undefined {
    return this.#shards.get(id);
  }

  /** A position of it is known: the shard is, or was, being read. */
  markBegun(id: string): void {
    this.#begun.add(id);
  }

  /** It was read to its end, by a position that is committed. */
  markEnded(id: string): void {
    this.#ended.add(id);
  }

  hasEnded(id: string): boolean {
    return this.#ended.has(id);
  }

  /** Shards that are not read to their ends, parents before children. */
  unfinished(): readonly string[] {
    return [...this.#shards.keys()].filter((id) => !this.#ended.has(id)).toSorted();
  }

  /**
   * Shards that were read to their ends, all of whose children may be read, or were. Of one that
   * has just ended, the children may not be known yet.
   */
  succeeded(isReadable: (child: string) => boolean): readonly string[] {
    return [...this.#ended].filter((id) => {
      const children = [...this.#shards.values()].filter(({ parents }) => parents.includes(id));
      if (children.length === 0) return !this.#shards.has(id);
      return children.every((child) => this.#ended.has(child.id) || isReadable(child.id));
    });
  }

  /** Whether all that came before the shard has been read. */
  isReadable(id: string): boolean {
    return this.#shards.get(id)?.parents.every((parent) => this.#isDone(parent)) ?? false;
  }

  /** Whether the shard continues one that this reader has read. */
  continues(id: string): boolean {
    const parents = this.#shards.get(id)?.parents ?? [];
    return parents.some((parent) => this.#ended.has(parent) || this.#begun.has(parent));
  }

  /** Shards that were being read, and are gone before their ends. */
  vanished(): readonly string[] {
    return [...this.#begun].filter((id) => !this.#shards.has(id) && !this.#ended.has(id));
  }

  #isDone(id: string): boolean {
    if (this.#ended.has(id)) return true;
    return !this.#shards.has(id) && !this.#begun.has(id);
  }
}

/** Ranges of hash keys, as `first–last`, that no open shard of a listing takes. */
export function holesIn(listed: readonly ListedShard[]): readonly string[] {
  const open = listed
    .filter(({ isClosed }) => !isClosed)
    .toSorted((left, right) => (left.hashKeyStart < right.hashKeyStart ? -1 : 1));
  const holes: string[] = [];
  let next = 0n;
  for (const { hashKeyStart, hashKeyEnd } of open) {
    if (hashKeyStart > next) holes.push(`${next}–${hashKeyStart - 1n}`);
    if (hashKeyEnd >= next) next = hashKeyEnd + 1n;
  }
  if (next <= hashKeyMax) holes.push(`${next}–${hashKeyMax}`);
  return holes;
}

/** Hash keys are MD5 sums. */
export const hashKeyMax: bigint = 2n ** 128n - 1n;

function byId(shards: readonly ListedShard[]): ReadonlyMap<string, ListedShard> {
  return new Map(shards.map((shard) => [shard.id, shard]));
}
