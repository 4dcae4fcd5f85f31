import type { Dataflow, SourceTime } from '../dataflow/dataflow.ts';
import {
  endUs,
  type ManifestPartition,
  type ManifestStream,
  type ManifestStreamSource,
  type TimeUs,
  toWatermark,
  watermarkText,
} from './manifest-stream.ts';

/** What an epoch's records of one partition say. */
export type SaidTime = {
  readonly partition: string;
  /** Greatest watermark that is believed; undefined where none is. */
  readonly watermarkUs: TimeUs | undefined;
  /** Records whose watermark is not believed. */
  readonly aheadCount: number;
};

/** Partitions of a source as the last look found them. */
type Activity = {
  /** On the monotonic clock: when it last gave records; -Infinity where it will give none. */
  readonly activeAtMs: number;
  /** It had nothing more to give then. */
  readonly isDrained: boolean;
};

type SourceState = ReadonlyMap<string, ManifestPartition>;

/** What the watermarks are after an epoch, as far as it is not true yet. */
export type NextWatermarks = {
  readonly sources: readonly ManifestStreamSource[];
  /** Of a node that waits for these sources, and stood there. */
  readonly of: (waitsFor: readonly string[], before: TimeUs | undefined) => TimeUs | undefined;
};

/**
 * How far event time has come, by source and partition. A partition that was quiet for longer than
 * its table says, and has nothing unread, is set aside until it gives records again. Which are
 * quiet starts anew with each process; which were set aside is in the manifest.
 */
export class Watermarks {
  readonly #sources: readonly SourceTime[];
  #states: ReadonlyMap<string, SourceState>;
  #aheadCounts: ReadonlyMap<string, number>;
  readonly #activities = new Map<string, Map<string, Activity>>();

  constructor({ sources }: Dataflow, stream: ManifestStream | undefined) {
    this.#sources = sources;
    const known = new Map(stream?.sources.map((source) => [source.name, source]));
    this.#states = new Map(
      sources.map(({ name }) => [name, new Map(Object.entries(known.get(name)?.partitions ?? {}))]),
    );
    this.#aheadCounts = new Map(
      sources.map(({ name }) => [name, known.get(name)?.aheadCount ?? 0]),
    );
  }

  /** A look at a partition: whether it gave records, and has none left. */
  noteRead(source: string, partition: string, look: Look): void {
    const ofSource = this.#activities.get(source) ?? new Map<string, Activity>();
    this.#activities.set(source, ofSource);
    const known = ofSource.get(partition);
    const before = look.hasRecords ? look.nowMs : (known?.activeAtMs ?? look.nowMs);
    const activeAtMs = look.isEnded ? -Infinity : before;
    ofSource.set(partition, { activeAtMs, isDrained: look.isDrained });
  }

  /** Watermarks after what an epoch's records have said, at this time of the monotonic clock. */
  after(said: ReadonlyMap<string, readonly SaidTime[]>, nowMs: number): NextWatermarks {
    const sources = this.#sources.map((source) => this.#sourceAfter(source, said, nowMs));
    const states = new Map(
      sources.map(({ name, partitions }) => [name, Object.values(partitions)]),
    );
    return {
      sources,
      of: (waitsFor, before) => {
        const partitions = waitsFor.flatMap((name) => states.get(name) ?? [nothingSaid]);
        return latest(before, leastOf(partitions));
      },
    };
  }

  /** What `after` gave is true. */
  publish({ sources }: NextWatermarks): void {
    this.#states = new Map(
      sources.map(({ name, partitions }) => [name, new Map(Object.entries(partitions))]),
    );
    this.#aheadCounts = new Map(sources.map(({ name, aheadCount }) => [name, aheadCount]));
  }

  #sourceAfter(
    { name, idleMs }: SourceTime,
    said: ReadonlyMap<string, readonly SaidTime[]>,
    nowMs: number,
  ): ManifestStreamSource {
    const partitions = new Map(this.#states.get(name));
    const activities = this.#activities.get(name) ?? new Map<string, Activity>();
    const times = said.get(name) ?? [];
    for (const [partition, activity] of activities) {
      const { watermark } = partitions.get(partition) ?? nothingSaid;
      const isQuiet = nowMs - activity.activeAtMs >= (idleMs ?? Infinity);
      partitions.set(partition, { watermark, isIdle: activity.isDrained && isQuiet });
    }
    let aheadCount = this.#aheadCounts.get(name) ?? 0;
    for (const time of times) {
      const before = toWatermark(partitions.get(time.partition)?.watermark ?? null);
      const watermark = watermarkText(latest(before, time.watermarkUs));
      partitions.set(time.partition, { watermark, isIdle: false });
      aheadCount += time.aheadCount;
    }
    return { name, partitions: Object.fromEntries(partitions), aheadCount };
  }
}

export type Look = {
  readonly hasRecords: boolean;
  readonly isDrained: boolean;
  /** It will never have more. */
  readonly isEnded: boolean;
  /** On the monotonic clock. */
  readonly nowMs: number;
};

/** Of a source of which no partition is known yet, and of a partition that is new. */
const nothingSaid: ManifestPartition = { watermark: null, isIdle: false };

/** Undefined where one that counts has said nothing, and where none counts. */
function leastOf(partitions: readonly ManifestPartition[]): TimeUs | undefined {
  let least: TimeUs | undefined = endUs;
  for (const { watermark } of partitions.filter(({ isIdle }) => !isIdle)) {
    const time = toWatermark(watermark);
    if (time === undefined) return undefined;
    if (time < least) least = time;
  }
  return least === endUs ? undefined : least;
}

function latest(left: TimeUs | undefined, right: TimeUs | undefined): TimeUs | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return left > right ? left : right;
}
