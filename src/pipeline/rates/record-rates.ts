import type { Clock } from '../../base/clock.ts';
import type { EpochMs } from '../../event/record.ts';

/** What became of records that were read. */
export type RecordCounts = {
  readonly read: number;
  /** Those that could not become rows: in quarantine, or dropped where the table asks for that. */
  readonly rejected: number;
};

/** What a pipeline has read and rejected lately, while this Helios runs. */
export interface RecentRecords {
  /** Nothing is known of what was before. */
  readonly sinceMs: EpochMs;
  /** Of the last `windowMs`, an hour at most, to some seconds; by source, or of all of them. */
  within(windowMs: number, source?: string): RecordCounts;
  /** In each of the last 60 minutes, the oldest first. */
  rejectedByMinute(): readonly number[];
}

/** Counts within so long are added up: windows are exact to that. */
const stepMs = 5000;
const recentMsMax = 3_600_000;
const minuteMs = 60_000;
const minutesShown = 60;

type Step = { readonly atMs: number; readonly bySource: Map<string, Counted> };
type Counted = { read: number; rejected: number };

/**
 * Counts of the last hour, in memory: some 700 steps at most, of those in which there was anything.
 * They go by the monotonic clock, so that a clock that is set moves none of them.
 */
export class RecordRates implements RecentRecords {
  readonly sinceMs: EpochMs;
  readonly #clock: Clock;
  #steps: Step[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.sinceMs = clock.nowMs();
  }

  /** Source → what was read just now. */
  note(counts: ReadonlyMap<string, RecordCounts>): void {
    const step = this.#newest();
    for (const [source, { read, rejected }] of counts) {
      const counted = step.bySource.get(source) ?? { read: 0, rejected: 0 };
      counted.read += read;
      counted.rejected += rejected;
      step.bySource.set(source, counted);
    }
  }

  within(windowMs: number, source?: string): RecordCounts {
    const fromMs = this.#clock.monotonicMs() - windowMs;
    const steps = this.#steps.filter(({ atMs }) => atMs + stepMs > fromMs);
    const counted = steps.flatMap(({ bySource }) =>
      source === undefined ? [...bySource.values()] : (bySource.get(source) ?? []),
    );
    return {
      read: counted.reduce((sum, { read }) => sum + read, 0),
      rejected: counted.reduce((sum, { rejected }) => sum + rejected, 0),
    };
  }

  rejectedByMinute(): readonly number[] {
    const nowMs = this.#clock.monotonicMs();
    const minutes = Array.from({ length: minutesShown }, () => 0);
    for (const { atMs, bySource } of this.#steps) {
      const at = minutesShown - 1 - Math.floor((nowMs - atMs) / minuteMs);
      if (at < 0) continue;
      for (const { rejected } of bySource.values()) minutes[at] = (minutes[at] ?? 0) + rejected;
    }
    return minutes;
  }

  #newest(): Step {
    const nowMs = this.#clock.monotonicMs();
    const last = this.#steps.at(-1);
    if (last !== undefined && nowMs - last.atMs < stepMs) return last;
    this.#steps = this.#steps.filter(({ atMs }) => nowMs - atMs <= recentMsMax + stepMs);
    const step = { atMs: nowMs, bySource: new Map<string, Counted>() };
    this.#steps.push(step);
    return step;
  }
}
