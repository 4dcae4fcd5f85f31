import { quoteName } from '../engine/types.ts';
import { isChangeMetadata } from '../sql/metadata.ts';
import type { RecordFormat, SourceColumn } from '../sql/script.ts';
import { pathList } from './sql-parts.ts';

/** DuckDB's default for the longest JSON object, in bytes; it reads up to twice as much. */
const objectBytesDefault = 16 * 1024 * 1024;

/** The beginning of the year 1, and the end of the year 9999. */
export const timeMsMin = -62_135_596_800_000;
export const timeMsMax = 253_402_300_799_999;

/** What a SELECT over files of envelopes reads. */
export type EnvelopeFiles = {
  readonly paths: readonly string[];
  /** Keys that the envelopes carry in `m`, where there are any. */
  readonly metadata: readonly string[];
  /** The longest line, where it is known to be longer than usual. */
  readonly lineBytes?: number | undefined;
};

/** A SELECT of `v` and `b` (VARCHAR or NULL) and `m` (a STRUCT of JSON), one row an envelope. */
export function envelopesOf({ paths, metadata, lineBytes = 0 }: EnvelopeFiles): string {
  const fields = metadata.map((key) => `${quoteName(key)} JSON`).join(', ');
  const m = metadata.length === 0 ? '' : `, m: 'STRUCT(${fields})'`;
  return `SELECT * FROM read_json(${pathList(paths)}, format = 'newline_delimited',
    compression = 'uncompressed', hive_partitioning = false, records = 'true',
    maximum_object_size = ${Math.max(objectBytesDefault, lineBytes + 1024)},
    columns = {v: 'VARCHAR', b: 'VARCHAR'${m}})`;
}

/** Keys of metadata that a table's envelopes carry, each once. */
export function metadataKeysOf(
  columns: readonly SourceColumn[],
  format: RecordFormat,
): readonly string[] {
  const keys = columns.flatMap(({ origin }) => {
    const isBeside = origin.kind === 'metadata' && !isChangeMetadata(format, origin.key);
    return isBeside ? [origin.key] : [];
  });
  return [...new Set(keys)];
}

/**
 * A metadata column's value as JSON, as the rules for columns take it: times as the table's format
 * says, and bytes for a text as that text, or as an object where they are no UTF-8.
 */
export function metadataJson(
  { type, origin }: SourceColumn,
  timestampFormat: 'rfc3339' | 'unix_millis',
): string {
  if (origin.kind !== 'metadata') return 'NULL::JSON';
  const json = `m.${quoteName(origin.key)}`;
  if (type.kind === 'timestamp' && timestampFormat === 'rfc3339') {
    const millis = `TRY_CAST(${json}::VARCHAR AS BIGINT)`;
    const text = `strftime(make_timestamp(${millis} * 1000), '%Y-%m-%dT%H:%M:%S.%gZ')`;
    // A number that is no time stays one: the rules for columns reject that record alone.
    return `CASE WHEN ${millis} BETWEEN ${timeMsMin} AND ${timeMsMax}
      THEN to_json(${text}) ELSE ${json} END`;
  }
  if (type.kind === 'text' && origin.key === 'key') {
    const text = `TRY(decode(from_base64(${json} ->> '$')))`;
    return `CASE WHEN ${json} IS NULL THEN NULL
      ELSE coalesce(to_json(${text}), json_object('bytes', ${json})) END`;
  }
  return json;
}
