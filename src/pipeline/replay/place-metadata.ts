import { parseExactJson } from '../../base/exact-json.ts';
import { quoteText } from '../../engine/types.ts';
import { position } from '../../event/record.ts';
import { recordForm } from '../../format/record-form.ts';
import { parsePartitionName } from '../../source/kafka/partition-names.ts';
import { parsePosition } from '../../source/kinesis/shard/shard-position.ts';
import type { SourceConnector, SourceTable } from '../../sql/script.ts';
import type { RecordPlace } from './replay.ts';

/**
 * What stood beside a rejected record, for METADATA columns: some of it is its place, and the rest
 * is in the column `metadata` of `quarantine`, as far as the table asked for it at the time.
 */
export function metadataOf(
  { connector }: SourceTable,
  place: Omit<RecordPlace, 'source'>,
  kept: string | undefined,
): Readonly<Record<string, unknown>> {
  // Helios wrote it, and whether it is whole was looked at with `lacksMetadata`.
  const known = (kept === undefined ? {} : parseExactJson(kept)) as Record<string, unknown>;
  return { ...placeMetadata(connector, place), ...known };
}

/** A condition on rows of `quarantine`: the table asks for metadata that is not known of them. */
export function lacksMetadata(table: SourceTable): string {
  const needed = recordForm(table).metadata.filter((key) => !isInPlace(table.connector, key));
  if (needed.length === 0) return 'false';
  const isKept = (key: string): string =>
    `coalesce(list_contains(TRY(json_keys(metadata)), ${quoteText(key)}), false)`;
  const isDated = `regexp_full_match("position", '\\d+~\\d+')`;
  const conditions = needed.map((key) =>
    table.connector.kind === 'kinesis' && key === 'timestamp'
      ? `(${isKept(key)} OR ${isDated})`
      : isKept(key),
  );
  return `NOT (${conditions.join(' AND ')})`;
}

/** Keys that each place tells. */
function isInPlace({ kind }: SourceConnector, key: string): boolean {
  if (kind === 'kafka') return ['offset_id', 'partition', 'topic'].includes(key);
  return kind === 'kinesis' && ['sequence_number', 'shard_id'].includes(key);
}

function placeMetadata(
  { kind }: SourceConnector,
  place: Omit<RecordPlace, 'source'>,
): Readonly<Record<string, unknown>> {
  if (kind === 'kafka') {
    const { topic, number: partition } = parsePartitionName(place.partition);
    return { offset_id: Number(place.position), partition, topic };
  }
  if (kind !== 'kinesis') return {};
  const at = parsePosition(position(place.position));
  if (at.kind !== 'record') return {};
  const timestamp = at.asOfMs === undefined ? {} : { timestamp: at.asOfMs };
  return { sequence_number: at.sequenceNumber, shard_id: place.partition, ...timestamp };
}
