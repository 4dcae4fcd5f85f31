import type { Dataflow, DataflowNode } from '../dataflow/dataflow.ts';
import { type ManifestStream, type TimeUs, toWatermark } from '../stream/manifest-stream.ts';

/** What a pipeline that keeps rows from one epoch to the next waits for, and what it keeps. */
export type StreamFacts = {
  readonly watermarks: readonly WatermarkFacts[];
  readonly operators: readonly OperatorFacts[];
};

export type WatermarkFacts = {
  readonly source: string;
  readonly partition: string;
  /** Microseconds since 1970; undefined before the first. */
  readonly watermarkUs: TimeUs | undefined;
  /** Quiet for so long that nobody waits for it. */
  readonly isIdle: boolean;
  /** Of the whole source: records whose time is too far ahead of when they came. */
  readonly aheadCount: number;
};

export type OperatorFacts = {
  readonly name: string;
  readonly kind: string;
  readonly label: string;
  readonly watermarkUs: TimeUs | undefined;
  /** Of its parts; rows that nobody needs any more may be among them. */
  readonly stateRows: number;
  readonly stateBytes: number;
  readonly lateRows: number;
  readonly timelessRows: number;
  readonly forgottenKeys: number;
};

export function streamFacts(dataflow: Dataflow, stream: ManifestStream | undefined): StreamFacts {
  const watermarks = (stream?.sources ?? []).flatMap(({ name, partitions, aheadCount }) =>
    Object.entries(partitions).map(([partition, { watermark, isIdle }]) => ({
      source: name,
      partition,
      watermarkUs: toWatermark(watermark),
      isIdle,
      aheadCount,
    })),
  );
  const operators = dataflow.nodes.flatMap((node) => {
    if (node.kind === 'select') return [];
    const entry = stream?.nodes.find(({ name }) => name === node.name);
    const parts = entry?.parts ?? [];
    const { name, label } = node;
    return {
      ...{ name, kind: kindOf(node), label },
      watermarkUs: toWatermark(entry?.watermark ?? null),
      stateRows: parts.reduce((sum, { rowCount }) => sum + rowCount, 0),
      stateBytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
      lateRows: entry?.lateRows ?? 0,
      timelessRows: entry?.timelessRows ?? 0,
      forgottenKeys: entry?.forgottenKeys ?? 0,
    };
  });
  return { watermarks, operators };
}

/** RFC 3339 with microseconds; undefined before the first, after the last, and out of its years. */
export function watermarkTime(watermarkUs: TimeUs | undefined): string | undefined {
  if (watermarkUs === undefined || watermarkUs > lastUs || watermarkUs < -lastUs) return undefined;
  const micros = ((watermarkUs % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((watermarkUs - micros) / 1000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(micros).padStart(6, '0')}Z`;
}

/** Years of four digits. */
const lastUs = 253_370_764_800_000_000n;

function kindOf(node: DataflowNode): string {
  return node.kind === 'window' ? node.shape.kind : node.kind;
}
