import { isUtf8 } from 'node:buffer';
import { unreachable } from '../../base/assert.ts';
import { HeliosError } from '../../base/errors.ts';
import type { EpochMs } from '../../event/record.ts';
import type { RejectionCode } from '../../event/rejected.ts';
import type {
  Refusal,
  RejectedCount,
  ReplayFilter,
  ReplayInfo,
  Trial,
} from '../../pipeline/replay/replay.ts';
import { instantOf } from '../routes/restart.ts';
import { timeText } from '../wire.ts';
import type {
  QuarantineAnswer,
  QuarantineExample,
  QuarantineFilter,
  QuarantineTrialAnswer,
  RefusedRecords,
  ReplayAnswer,
} from './quarantine-api.ts';

/** Of an example, as much as a person reads. */
const exampleBytesMax = 4096;

/** As it was checked by its schema: codes are any text, since those of no record are no error. */
type CheckedFilter = Omit<QuarantineFilter, 'code'> & { readonly code?: string | undefined };

/** `invalid_request` for a time that is none, or has no zone. */
export function replayFilter(body: CheckedFilter): ReplayFilter {
  const { source, code, column, records } = body;
  return {
    ...(source === undefined ? {} : { source }),
    ...(code === undefined ? {} : { code }),
    ...(column === undefined ? {} : { column }),
    ...(body.from === undefined ? {} : { fromMs: timeOf('from', body.from) }),
    ...(body.until === undefined ? {} : { untilMs: timeOf('until', body.until) }),
    ...(records === undefined ? {} : { records }),
  };
}

function timeOf(field: string, text: string): EpochMs {
  const timeMs = instantOf(text);
  if (timeMs !== undefined) return timeMs;
  throw new HeliosError(
    'invalid_request',
    `${field} is ${JSON.stringify(text)}: that is no time.`,
    {
      hint: 'Write a time with its zone, such as 2026-01-31T08:00:00Z.',
    },
  );
}

export function trialAnswer(pipeline: string, trial: Trial): QuarantineTrialAnswer {
  return {
    pipeline,
    selected: trial.selectedCount,
    tried: trial.triedCount,
    passing: trial.passingCount,
    failing: trial.triedCount - trial.passingCount,
    reasons: trial.reasons.map(({ source, code, column, recordCount, examples }) => ({
      source,
      code,
      column,
      records: recordCount,
      examples: examples.map(exampleAnswer),
    })),
    refused: trial.refusals.map(refusedAnswer),
    replayed: trial.replayedCount,
  };
}

function exampleAnswer({
  raw,
  ...example
}: Trial['reasons'][number]['examples'][number]): QuarantineExample {
  const start = Buffer.from(raw.subarray(0, exampleBytesMax));
  const content = isUtf8(raw)
    ? { text: new TextDecoder().decode(start, { stream: true }) }
    : { base64: start.toString('base64') };
  return { ...example, ...content, bytes: raw.length };
}

export function replayAnswer(info: ReplayInfo): ReplayAnswer {
  const { source, code, column, fromMs, untilMs } = info.filter;
  return {
    id: info.id,
    key: info.key,
    pipeline: info.pipeline,
    state: info.state,
    requested_at: timeText(info.requestedAtMs),
    finished_at: optionalTime(info.finishedAtMs),
    filter: {
      pipeline: info.pipeline,
      source,
      // What it was asked with, whether any record has it or not.
      code: code as RejectionCode | undefined,
      column,
      from: optionalTime(fromMs),
      until: optionalTime(untilMs),
    },
    chosen: info.chosenCount,
    selected: info.selectedCount,
    replayed: info.passedCount,
    failed: info.failedCount,
    refused: info.refusals.map(refusedAnswer),
    first_epoch: info.firstEpoch,
    last_epoch: info.lastEpoch,
  };
}

export function quarantineAnswer(counts: readonly RejectedCount[]): QuarantineAnswer {
  return {
    counts: counts.map((count) => ({
      pipeline: count.pipeline,
      source: count.source,
      open: count.openCount,
      failed_again: count.failedCount,
      replayed: count.replayedCount,
    })),
  };
}

function refusedAnswer(refusal: Refusal): RefusedRecords {
  const { source, reason, recordCount: records } = refusal;
  return { source, reason, records, message: refusalText(refusal) };
}

function refusalText({ source, reason, recordCount }: Refusal): string {
  const records = recordCount === 1 ? 'One record' : `${recordCount} records`;
  switch (reason) {
    case 'pipeline_gone':
      return (
        `${records} of ${source} were rejected by a pipeline that had this name before and was ` +
        'deleted. Export them, and send them anew.'
      );
    case 'source_gone':
      return (
        `The SQL reads no ${source} any more, so nothing says what its records are. ` +
        'Declare a source table of that name to replay them.'
      );
    case 'bytes_missing':
      return (
        `${records} of ${source} are rows of Parquet files, whose bytes are not kept. ` +
        'Read the files again.'
      );
    case 'metadata_missing':
      return (
        `${records} of ${source} were rejected without being kept with what its METADATA ` +
        'columns ask for. Restart the pipeline from before them, or leave those columns out.'
      );
    case 'read_again':
      return (
        `${records} of ${source} were rejected before it was read again: what passes of them is ` +
        'in the tables already, and the rest was rejected once more.'
      );
    default:
      return unreachable(reason);
  }
}

function optionalTime(timeMs: EpochMs | undefined): string | undefined {
  return timeMs === undefined ? undefined : timeText(timeMs);
}
