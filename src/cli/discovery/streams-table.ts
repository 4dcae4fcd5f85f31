import type { StreamSummaryAnswer } from '../../server/discovery/discovery-answers.ts';
import { byteText, durationText, groupDigits } from '../render/numbers.ts';
import type { Scope } from '../scope.ts';

/** Topics or streams for a person; what isn't known is left blank. */
export async function printStreams(
  scope: Scope,
  streams: readonly StreamSummaryAnswer[],
): Promise<void> {
  await scope.table(
    [
      { name: 'name' },
      { name: 'partitions', type: 'BIGINT' },
      { name: 'keeps' },
      { name: 'records/s', type: 'BIGINT' },
      { name: 'size', type: 'BIGINT' },
    ],
    streams.map((stream) => [
      stream.name,
      stream.partitions ?? '',
      keepsText(stream),
      stream.records_per_second === undefined ? '' : rateText(stream.records_per_second),
      stream.bytes === undefined ? '' : byteText(stream.bytes),
    ]),
  );
}

/** What there is to say of a stream on one line: `3 partitions, 120 records/s, keeps 7d`. */
export function streamHint(stream: StreamSummaryAnswer): string {
  const { partitions, records_per_second: rate, bytes } = stream;
  const keeps = keepsText(stream);
  return [
    partitions === undefined ? '' : `${partitions} partition${partitions === 1 ? '' : 's'}`,
    rate === undefined ? '' : `${rateText(rate)} records/s`,
    bytes === undefined ? '' : byteText(bytes),
    keeps === '' ? '' : `keeps ${keeps}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function keepsText({ retention_ms: retention }: StreamSummaryAnswer): string {
  if (retention === undefined) return '';
  return retention === null ? 'for ever' : durationText(retention);
}

function rateText(rate: number): string {
  return groupDigits(rate >= 10 ? Math.round(rate) : rate);
}
