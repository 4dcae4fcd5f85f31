import { unreachable } from '../base/assert.ts';
import { metadataKeysOf } from '../format/envelope-sql.ts';
import type { RecordFormat, SourceTable } from '../sql/script.ts';
import type { RecordForm } from './source.ts';

/** What a source has to write, so that the decoder of the table's format can read it. */
export function recordForm(table: SourceTable): RecordForm {
  const metadata = metadataKeysOf(table.columns, table.format);
  const isBinary = needsBytes(table.format);
  const isLines = !isBinary && metadata.length === 0 && fitsLines(table);
  return { kind: isLines ? 'lines' : 'envelopes', isBinary, metadata };
}

function needsBytes(format: RecordFormat): boolean {
  switch (format.kind) {
    case 'raw_bytes':
    case 'avro':
      return true;
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

/**
 * JSON is the same whether its line feeds are there or not. Files and the log hold lines as they
 * are.
 */
function fitsLines({ connector, format }: SourceTable): boolean {
  const isStream = connector.kind === 'kafka' || connector.kind === 'kinesis';
  return !isStream || format.kind === 'json';
}
