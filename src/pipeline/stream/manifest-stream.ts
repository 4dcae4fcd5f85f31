import type { Epoch } from '../../event/record.ts';

/** Microseconds since 1970-01-01 UTC, exact; of a watermark that nothing comes before. */
export type TimeUs = bigint;

/** A watermark as text: microseconds; `end` when nothing comes any more; null before the first. */
export type WatermarkText = string | null;

/** All sources have ended: later than every time there is. */
export const endUs: TimeUs = 2n ** 63n - 1n;

export type ManifestStream = {
  readonly sources: readonly ManifestStreamSource[];
  readonly nodes: readonly ManifestStreamNode[];
};

export type ManifestStreamSource = {
  readonly name: string;
  readonly partitions: Readonly<Record<string, ManifestPartition>>;
  /** Records that say a time too far ahead of when they arrived to be believed. */
  readonly aheadCount: number;
};

export type ManifestPartition = {
  readonly watermark: WatermarkText;
  /** Quiet for so long that nobody waits for it. */
  readonly isIdle: boolean;
};

export type ManifestStreamNode = {
  readonly name: string;
  /** Its state is that of a node with the same text, and of no other. */
  readonly identity: string;
  readonly watermark: WatermarkText;
  /** Rows that came after their window had ended. */
  readonly lateRows: number;
  /** Rows without an event time. */
  readonly timelessRows: number;
  /** Of an updating node: keys that were forgotten, each time it happened. */
  readonly forgottenKeys?: number | undefined;
  /** What was kept in the epochs, in their order; rows that are over may be among them. */
  readonly parts: readonly StatePart[];
};

export type StatePart = {
  /** File name inside the pipeline's parts folder. */
  readonly name: string;
  readonly firstEpoch: Epoch;
  readonly lastEpoch: Epoch;
  readonly rowCount: number;
  readonly byteLength: number;
  /** No row of it is of a window that ends later; null where that can't be told. */
  readonly lastEnd: string | null;
  /** Of an updating node: which of its tables it belongs to. */
  readonly table?: number | undefined;
};

/** Names of all parts of the state. */
export function statePartNames(stream: ManifestStream | undefined): readonly string[] {
  return (stream?.nodes ?? []).flatMap(({ parts }) => parts.map(({ name }) => name));
}

export function toWatermark(text: WatermarkText): TimeUs | undefined {
  if (text === null) return undefined;
  return text === 'end' ? endUs : BigInt(text);
}

export function watermarkText(watermark: TimeUs | undefined): WatermarkText {
  if (watermark === undefined) return null;
  return watermark === endUs ? 'end' : String(watermark);
}
