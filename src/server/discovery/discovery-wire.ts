import { isUtf8 } from 'node:buffer';
import type { InferAnswer } from '../../discovery/discovery.ts';
import { typeName } from '../../discovery/draft-script.ts';
import { readableCount } from '../../discovery/infer.ts';
import type { DryRejection } from '../../discovery/dry-run.ts';
import type {
  PeekAnswer,
  PeekedRecord,
  StreamDescription,
  StreamSummary,
} from '../../source/look.ts';
import type {
  BytesAnswer,
  InferAnswerDocument,
  PeekAnswerDocument,
  PeekedRecordAnswer,
  StreamDescriptionAnswer,
  StreamSummaryAnswer,
} from './discovery-answers.ts';

export function streamSummaryAnswer(summary: StreamSummary): StreamSummaryAnswer {
  const { retentionMs } = summary;
  return {
    name: summary.name,
    partitions: summary.partitions,
    retention_ms: retentionMs === Number.POSITIVE_INFINITY ? null : retentionMs,
    records_per_second: rounded(summary.recordsPerSecond),
    bytes_per_second: rounded(summary.bytesPerSecond),
    bytes: summary.bytes,
  };
}

export function streamDescriptionAnswer(stream: StreamDescription): StreamDescriptionAnswer {
  return {
    ...streamSummaryAnswer(stream),
    details: stream.details.map(({ isClosed, recordsPerSecond, ...rest }) => ({
      ...rest,
      closed: isClosed,
      records_per_second: rounded(recordsPerSecond),
    })),
  };
}

export function peekAnswerDocument({ records, ...rest }: PeekAnswer): PeekAnswerDocument {
  return { records: records.map(peekedRecordAnswer), ...rest };
}

/** Of rejected records the first are told, and of each the beginning. */
const rejectedMax = 20;
const rawBytesMax = 2000;

export function inferAnswerDocument(answer: InferAnswer): InferAnswerDocument {
  const { inferred, dryRun, sample, table, sql } = answer;
  return {
    table,
    shape: inferred.shape,
    columns: inferred.columns.map((column) => ({
      name: column.name,
      type: typeName(column.type),
      present_count: column.presentCount,
      null_count: column.nullCount,
      examples: column.examples,
      note: column.note,
    })),
    warnings: inferred.warnings,
    sql,
    sample: {
      record_count: sample.records.length,
      readable_count: readableCount(inferred),
      partition_counts: countsOf(sample.records.map(({ partition }) => partition)),
      silent: sample.silent,
      problems: sample.problems,
      cost: sample.cost,
    },
    dry_run: {
      accepted_count: dryRun.acceptedCount,
      rejected_count: dryRun.rejected.length,
      blank_count: dryRun.blankCount,
      counts_by_code: countsOf(dryRun.rejected.map(({ code }) => code)),
      rejected: dryRun.rejected.slice(0, rejectedMax).map((one) => rejection(one, sample.records)),
    },
  };
}

function rejection(
  { index, code, message, raw }: DryRejection,
  records: readonly PeekedRecord[],
): InferAnswerDocument['dry_run']['rejected'][number] {
  const record = records[index];
  return {
    partition: record?.partition ?? '',
    position: record?.position ?? '',
    code,
    message,
    raw: record?.value === null ? null : bytesAnswer(raw.subarray(0, rawBytesMax)),
  };
}

function peekedRecordAnswer(record: PeekedRecord): PeekedRecordAnswer {
  const { partition, position, timestampMs, key, headers, value } = record;
  return {
    partition,
    position,
    time: timeText(timestampMs),
    key: bytesAnswer(key),
    headers,
    value: bytesAnswer(value),
  };
}

function bytesAnswer(bytes: Uint8Array | null): BytesAnswer {
  if (bytes === null) return null;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? { text: buffer.toString('utf8') } : { base64: buffer.toString('base64') };
}

/** Producers may write any number as a time; not each is one of a calendar. */
function timeText(timeMs: number | undefined): string | undefined {
  if (timeMs === undefined) return undefined;
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

function countsOf(names: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(counts);
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 10) / 10;
}
