import { unreachable } from '../base/assert.ts';
import { HeliosError } from '../base/errors.ts';
import type { SourceTable } from '../sql/script.ts';
import type { Decoder } from './format.ts';
import { JsonDecoder } from './json/json-decoder.ts';
import { UnstructuredDecoder } from './json/unstructured-decoder.ts';
import { ParquetDecoder } from './parquet/parquet-decoder.ts';
import { RawDecoder } from './raw/raw-decoder.ts';

/**
 * The decoder of a source table's format. `invalid_config` when its columns don't suit the format.
 */
export function createDecoder(table: SourceTable): Decoder {
  const { format } = table;
  switch (format.kind) {
    case 'json':
      return format.isUnstructured ? new UnstructuredDecoder(table) : new JsonDecoder(table);
    case 'raw_string':
    case 'raw_bytes':
      return new RawDecoder(table, format.kind);
    case 'parquet':
      return new ParquetDecoder(table);
    case 'debezium_json':
    case 'avro':
      throw new HeliosError('invalid_config', `The format ${format.kind} is not available.`);
    default:
      return unreachable(format);
  }
}
