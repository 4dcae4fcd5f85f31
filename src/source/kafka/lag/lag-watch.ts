import type { Clock } from '../../../base/clock.ts';
import { Deadline } from '../../deadline.ts';
import type { PartitionLag, Positions, SourceWait } from '../../source.ts';
import type { Assignment } from '../assignment.ts';
import type { Cluster } from '../cluster.ts';
import { parsePosition } from '../kafka-position.ts';
import { type KnownLog, lagOf, type RecordSizes, unknownLag } from './lag.ts';
import { numbersByTopic, parsePartitionName } from '../partition-names.ts';
import type { PartitionReader } from '../partition-reader.ts';

export type LagWatchContext = {
  readonly assignment: Assignment;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly sizes: RecordSizes;
  /** Aborts when the source closes. */
  readonly closing: AbortSignal;
};

/** A broker that is asked about partitions that nobody reads has so long to answer. */
const askTimeoutMs = 2_000;
/** Answers about them are as good as new for so long. */
const answerAgeMsMax = 1_000;

type Answers = { readonly atMs: number; readonly logs: ReadonlyMap<string, KnownLog> };

/** How far a source is behind, and what it waits for: only what brokers said of late. */
export class KafkaLagWatch {
  readonly #context: LagWatchContext;
  #answers: Answers = { atMs: Number.NEGATIVE_INFINITY, logs: new Map() };

  constructor(context: LagWatchContext) {
    this.#context = context;
  }

  /** Partitions that are read know their end from each answer; the others are asked for. */
  async lags(positions: Positions): Promise<readonly PartitionLag[]> {
    const { assignment } = this.#context;
    const names = assignment.names();
    const resting = names.filter((name) => assignment.reader(name)?.isActive !== true);
    const logs = resting.length === 0 ? new Map<string, KnownLog>() : await this.#ask(resting);
    return names.map((name) => this.#lag(name, positions, logs.get(name)));
  }

  /** The partition that waits for longest. */
  waiting(): SourceWait | undefined {
    const { assignment, clock } = this.#context;
    const [longest] = assignment
      .names()
      .flatMap((name) => {
        const reader = assignment.reader(name);
        return (reader && assignment.silence(reader)) ?? [];
      })
      .toSorted((left, right) => left.sinceMs - right.sinceMs);
    if (longest === undefined) return undefined;
    return { sinceMs: this.#wallMs(longest.sinceMs, clock.nowMs()), error: longest.error };
  }

  #lag(name: string, positions: Positions, asked: KnownLog | undefined): PartitionLag {
    const { assignment, clock, sizes } = this.#context;
    const reader = assignment.reader(name);
    const nowMs = clock.nowMs();
    const log = asked ?? (reader && this.#logOf(reader));
    if (log === undefined) {
      const atMs = reader?.answeredAtMs;
      return unknownLag(name, atMs === undefined ? undefined : this.#wallMs(atMs, nowMs));
    }
    const at = positions.get(name);
    const offset = at === undefined ? undefined : parsePosition(at).offset;
    return lagOf({ name, log, reader, offset, nowMs, recordBytes: sizes.average });
  }

  /** Undefined where the broker could have said something else since. */
  #logOf(reader: PartitionReader): KnownLog | undefined {
    if (!reader.isActive || this.#context.assignment.silence(reader) !== undefined)
      return undefined;
    return { start: reader.logStart, end: reader.logEnd };
  }

  #wallMs(monotonicMs: number, nowMs: number): number {
    return nowMs - (this.#context.clock.monotonicMs() - monotonicMs);
  }

  /** What can't be found out in time is not known; reading tells why. */
  async #ask(names: readonly string[]): Promise<ReadonlyMap<string, KnownLog>> {
    const { clock } = this.#context;
    const isNew = clock.monotonicMs() - this.#answers.atMs < answerAgeMsMax;
    if (isNew && names.every((name) => this.#answers.logs.has(name))) return this.#answers.logs;
    try {
      const logs = await this.#logs(names);
      this.#answers = { atMs: clock.monotonicMs(), logs };
      return logs;
    } catch {
      return new Map();
    }
  }

  async #logs(names: readonly string[]): Promise<ReadonlyMap<string, KnownLog>> {
    const { cluster, clock, closing } = this.#context;
    using deadline = new Deadline(clock, askTimeoutMs, closing);
    const partitions = numbersByTopic(names);
    const [starts, ends] = await deadline.race(
      Promise.all([cluster.offsets(partitions, 'earliest'), cluster.offsets(partitions, 'latest')]),
    );
    return new Map(
      names.map((name) => {
        const { topic, number } = parsePartitionName(name);
        const start = starts.get(topic)?.get(number);
        return [name, { start, end: ends.get(topic)?.get(number) }];
      }),
    );
  }
}
