import type { Clock } from '../../base/clock.ts';
import { asHeliosError, type HeliosError } from '../../base/errors.ts';
import type { Positions } from '../source.ts';
import type { Cluster } from './cluster.ts';
import { parsePosition } from './kafka-position.ts';
import { parsePartitionName } from './partition-names.ts';

export type GroupProgressOptions = {
  readonly cluster: Cluster;
  readonly group: string;
  /** Partitions that there are, `topic/number`: of topics that are gone nobody wants to hear. */
  readonly names: () => readonly string[];
  readonly clock: Clock;
  readonly onProblem: (problem: HeliosError) => void;
};

/** Whoever stops doesn't wait longer for a broker that doesn't answer. */
const closePatienceMs = 1_000;

/**
 * Tells a consumer group how far the pipeline is, for tools that show lag. Nothing depends on it:
 * what fails is counted, told once until it works again, and tried with the next positions.
 */
export class GroupProgress {
  readonly #cluster: Cluster;
  readonly #group: string;
  readonly #names: () => readonly string[];
  readonly #clock: Clock;
  readonly #onProblem: (problem: HeliosError) => void;
  #telling: Promise<void> | undefined;
  #next: Positions | undefined;
  #failureCount = 0;

  constructor(options: GroupProgressOptions) {
    this.#cluster = options.cluster;
    this.#group = options.group;
    this.#names = options.names;
    this.#clock = options.clock;
    this.#onProblem = options.onProblem;
  }

  /** Returns at once; while one telling is under way, only the newest positions wait. */
  tell(positions: Positions): void {
    this.#next = positions;
    this.#telling ??= this.#tellAll();
  }

  /** Until what is under way is through, unless that takes long. */
  async close(): Promise<void> {
    if (this.#telling === undefined) return;
    const done = new AbortController();
    const patience = this.#clock.sleep(closePatienceMs, done.signal).catch(() => undefined);
    await Promise.race([this.#telling, patience]);
    done.abort();
  }

  async #tellAll(): Promise<void> {
    for (let positions = this.#next; positions !== undefined; positions = this.#next) {
      this.#next = undefined;
      await this.#tell(positions);
    }
    this.#telling = undefined;
  }

  async #tell(positions: Positions): Promise<void> {
    const offsets = new Map<string, Map<number, number>>();
    const names = new Set(this.#names());
    for (const [name, at] of positions) {
      if (!names.has(name)) continue;
      const { topic, number } = parsePartitionName(name);
      const partitions = offsets.get(topic) ?? new Map<number, number>();
      // A group's offset is the next one to read, as ours is.
      partitions.set(number, parsePosition(at).offset);
      offsets.set(topic, partitions);
    }
    if (offsets.size === 0) return;
    try {
      await this.#cluster.commit(this.#group, offsets);
      this.#failureCount = 0;
    } catch (thrown) {
      this.#failureCount++;
      if (this.#failureCount === 1) this.#onProblem(asHeliosError(thrown));
    }
  }
}
