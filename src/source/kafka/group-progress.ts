import { asHeliosError, type HeliosError } from '../../base/errors.ts';
import type { Positions } from '../source.ts';
import type { Cluster } from './cluster.ts';
import { parsePosition } from './kafka-position.ts';

/**
 * Tells a consumer group how far the pipeline is, for tools that show lag. Nothing depends on it:
 * what fails is counted, told once until it works again, and tried with the next positions.
 */
export class GroupProgress {
  readonly #cluster: Cluster;
  readonly #group: string;
  readonly #onProblem: (problem: HeliosError) => void;
  #telling: Promise<void> | undefined;
  #next: Positions | undefined;
  #failureCount = 0;

  constructor(cluster: Cluster, group: string, onProblem: (problem: HeliosError) => void) {
    this.#cluster = cluster;
    this.#group = group;
    this.#onProblem = onProblem;
  }

  /** Returns at once; while one telling is under way, only the newest positions wait. */
  tell(positions: Positions): void {
    this.#next = positions;
    this.#telling ??= this.#tellAll();
  }

  /** Until what is under way is through. */
  async close(): Promise<void> {
    await this.#telling;
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
    for (const [name, at] of positions) {
      const slash = name.lastIndexOf('/');
      const topic = name.slice(0, slash);
      const partitions = offsets.get(topic) ?? new Map<number, number>();
      // A group's offset is the next one to read, as ours is.
      partitions.set(Number(name.slice(slash + 1)), parsePosition(at).offset);
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
