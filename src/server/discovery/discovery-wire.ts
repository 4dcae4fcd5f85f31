import { isUtf8 } from 'node:buffer';
import type { InferAnswer, Trial } from '../../discovery/discovery.ts';
import { typeName } from '../../discovery/draft-script.ts';
import { readableCount } from '../../discovery/infer.ts';
import type { TableDraft } from '../../discovery/draft-table.ts';
import type { DryRejection, DryRun } from '../../discovery/dry-run.ts';
import type {
  PeekAnswer,
  PeekedRecord,
  StreamDescription,
  StreamSummary,
} from '../../source/look.ts';
import type {
  BytesAnswer,
  DraftAnswerDocument,
  DryRunAnswer,
  InferAnswerDocument,
  PeekAnswerDocument,
  PeekedRecordAnswer,
  SampleRecordBody,
  StreamDescriptionAnswer,
  StreamSummaryAnswer,
  TryAnswer,
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

/** Values of a sample in one answer: it has to go back in one request. */
const sampleBytesMax = 1_500_000;

export function inferAnswerDocument(
  answer: InferAnswer,
  { hasRecords }: { readonly hasRecords: boolean },
): InferAnswerDocument {
  const { sample, table } = answer;
  const { readable_count, ...draft } = draftAnswerDocument(table, answer, sample.records);
  return {
    ...draft,
    sample: {
      record_count: sample.records.length,
      readable_count,
      partition_counts: countsOf(sample.records.map(({ partition }) => partition)),
      silent: sample.silent,
      problems: sample.problems,
      cost: sample.cost,
      records: hasRecords ? withinRoom(sample.records).map(peekedRecordAnswer) : undefined,
    },
  };
}

export function draftAnswerDocument(
  table: string,
  { inferred, dryRun, sql }: TableDraft,
  records: readonly PeekedRecord[],
): DraftAnswerDocument {
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
    readable_count: readableCount(inferred),
    warnings: inferred.warnings,
    sql,
    dry_run: dryRunAnswer(dryRun, records, rejectedMax),
  };
}

export function tryAnswer(trial: Trial, records: readonly PeekedRecord[]): TryAnswer {
  if (trial.kind === 'errors') return { valid: false, errors: trial.errors };
  const { source, dryRun } = trial;
  return { valid: true, source, dry_run: dryRunAnswer(dryRun, records, records.length) };
}

/** Records that come back from who looked at them. */
export function sampleRecord({ partition, position, value }: SampleRecordBody): PeekedRecord {
  const bytes = value === null ? null : bytesOf(value);
  const beside = { timestampMs: undefined, key: null, headers: {}, metadata: {} };
  return { partition, position, ...beside, value: bytes };
}

function bytesOf(value: NonNullable<BytesAnswer>): Uint8Array {
  return 'text' in value ? Buffer.from(value.text, 'utf8') : Buffer.from(value.base64, 'base64');
}

function withinRoom(records: readonly PeekedRecord[]): readonly PeekedRecord[] {
  let bytes = 0;
  return records.filter(({ value }) => {
    bytes += value?.byteLength ?? 0;
    return bytes <= sampleBytesMax;
  });
}

function dryRunAnswer(
  { acceptedCount, rejected, blankCount }: DryRun,
  records: readonly PeekedRecord[],
  countMax: number,
): DryRunAnswer {
  return {
    accepted_count: acceptedCount,
    rejected_count: rejected.length,
    blank_count: blankCount,
    counts_by_code: countsOf(rejected.map(({ code }) => code)),
    rejected: rejected.slice(0, countMax).map((one) => rejection(one, records)),
  };
}

function rejection(
  { index, code, message, raw }: DryRejection,
  records: readonly PeekedRecord[],
): DryRunAnswer['rejected'][number] {
  const record = records[index];
  return {
    index,
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
