import type { StreamSummaryAnswer } from '../../../../server/discovery/discovery-answers.ts';
import { bytes, count, duration } from '../../../text.ts';
import type { Kind } from '../draft/draft.ts';

/** What a pipeline's reading takes of what others use, too. */
export function costWords(kind: Kind, stream: StreamSummaryAnswer): string {
  const { partitions } = stream;
  if (kind === 'kinesis') {
    const all =
      partitions === undefined ? '' : `: ${count(partitions)} a second for ${shards(partitions)}`;
    return (
      `Reading takes 1 of the 5 reads a second that each shard allows to all its readers ` +
      `together${all}; up to all 5 while it catches up. A consumer of its own ` +
      `('source.fan_out.consumer', billed by AWS) takes none of them.`
    );
  }
  const traffic = stream.bytes_per_second;
  return traffic === undefined
    ? 'Reading takes no share of other readers: it costs the brokers the traffic alone.'
    : `Reading takes no share of other readers: ${bytes(traffic)}/s of traffic, as it is stored.`;
}

function shards(value: number): string {
  return value === 1 ? '1 shard' : `${count(value)} shards`;
}

/** `24 h`; null is for ever. */
export function retentionText(ms: number | null | undefined): string {
  if (ms === undefined) return '';
  return ms === null ? 'for ever' : duration(ms);
}
