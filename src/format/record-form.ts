import { unreachable } from '../base/assert.ts';
import type { SourceTable } from '../sql/script.ts';
import { metadataKeysOf } from './envelope-sql.ts';

/** What a source has to write, so that the decoder of the table's format can read it. */
export function recordForm(table: SourceTable): {
  readonly kind: 'lines' | 'envelopes';
  /** Values go in base64 whether they are UTF-8 or not. */
  readonly isBinary: boolean;
  /** Keys that envelopes carry. */
  readonly metadata: readonly string[];
} {
  const metadata = metadataKeysOf(table.columns, table.format);
  const isBinary = needsBytes(table);
  const isLines = !isBinary && metadata.length === 0 && fitsLines(table);
  return { kind: isLines ? 'lines' : 'envelopes', isBinary, metadata };
}

function needsBytes({ connector, format }: SourceTable): boolean {
  switch (format.kind) {
    case 'avro':
      return true;
    case 'raw_bytes':
      return connector.kind === 'kafka' || connector.kind === 'kinesis';
    case 'json':
    case 'debezium_json':
      return format.usesRegistry;
    case 'raw_string':
    case 'parquet':
      return false;
    default:
      return unreachable(format);
  }
}

/** In JSON, a record is the same without its line feeds. Files and the log hold lines alone. */
function fitsLines({ connector, format }: SourceTable): boolean {
  const isStream = connector.kind === 'kafka' || connector.kind === 'kinesis';
  return !isStream || format.kind === 'json';
}
