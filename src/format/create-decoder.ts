import { unreachable } from '../base/assert.ts';
import { HeliosError } from '../base/errors.ts';
import type { RecordFormat, SourceColumn, SourceTable } from '../sql/script.ts';
import { declaredAvroType } from './avro/avro-rows.ts';
import type { EnvelopeOptions } from './batch-records.ts';
import { fieldColumns } from './field-columns.ts';
import type { Decoder } from './format.ts';
import { ChangeShape } from './json/debezium/change-shape.ts';
import { JsonDecoder } from './json/json-decoder.ts';
import { ObjectShape } from './json/text/object-shape.ts';
import { RawShape } from './json/text/raw-shape.ts';
import { RecordDecoder } from './json/text/record-decoder.ts';
import type { RecordShape } from './json/text/record-shape.ts';
import { WholeShape } from './json/text/whole-shape.ts';
import { UnstructuredDecoder } from './json/unstructured-decoder.ts';
import { ParquetDecoder } from './parquet/parquet-decoder.ts';
import { RawDecoder } from './raw/raw-decoder.ts';
import { recordForm } from './record-form.ts';

type Format<Kind extends RecordFormat['kind']> = Extract<RecordFormat, { readonly kind: Kind }>;

/**
 * The decoder of a source table's format, for batches of the form that `recordForm` says; of Avro,
 * for what `AvroTranscoder` makes of them. `invalid_config` when its columns don't suit the format.
 */
export function createDecoder(table: SourceTable): Decoder {
  const { format } = table;
  switch (format.kind) {
    case 'json':
      return jsonDecoder(table, format);
    case 'raw_string':
    case 'raw_bytes':
      return rawDecoder(table, format.kind);
    case 'parquet':
      return new ParquetDecoder(table);
    case 'debezium_json': {
      const shape = new ChangeShape(table.columns, format);
      const envelopes = envelopesOf(table, { values: 'json', passesTombstones: true });
      return new RecordDecoder(table, { shape, envelopes, timestampFormat: 'rfc3339' });
    }
    case 'avro':
      return avroDecoder(table, format);
    default:
      return unreachable(format);
  }
}

function jsonDecoder(table: SourceTable, format: Format<'json'>): Decoder {
  const { isUnstructured, includesSchema, timestampFormat } = format;
  if (isUnstructured) checkSingle(table, ['json', 'text'], 'is json.unstructured');
  const envelopes = envelopesOf(table, { values: 'json', passesTombstones: false });
  if (envelopes === undefined && !includesSchema) {
    return isUnstructured ? new UnstructuredDecoder(table) : new JsonDecoder(table);
  }
  const shape: RecordShape = isUnstructured
    ? new WholeShape(includesSchema)
    : new ObjectShape(fieldColumns(table), includesSchema);
  return new RecordDecoder(table, { shape, envelopes, timestampFormat });
}

function rawDecoder(table: SourceTable, kind: 'raw_string' | 'raw_bytes'): Decoder {
  const type = kind === 'raw_string' ? 'text' : 'bytes';
  checkSingle(table, [type], `has the format ${kind}`);
  const envelopes = envelopesOf(table, { values: type, passesTombstones: false });
  if (envelopes === undefined) return new RawDecoder(table, kind);
  return new RecordDecoder(table, {
    shape: new RawShape(),
    envelopes,
    timestampFormat: 'rfc3339',
  });
}

/** Undefined where the table's batches are lines. */
function envelopesOf(table: SourceTable, plain: EnvelopeOptions): EnvelopeOptions | undefined {
  if (recordForm(table).kind === 'lines') return undefined;
  const { format } = table;
  const isFramed = 'usesRegistry' in format && format.usesRegistry;
  return isFramed ? { ...plain, values: 'framed_json' } : plain;
}

/** Rows come as JSON objects by the table's columns, metadata among them. */
function avroDecoder(table: SourceTable, format: Format<'avro'>): Decoder {
  if (format.isUnstructured) checkSingle(table, ['json', 'text'], 'is avro.into_unstructured_json');
  // What can't be read shows now, not at the first batch.
  declaredAvroType(table, format);
  return new JsonDecoder({
    ...table,
    format: {
      kind: 'json',
      isUnstructured: false,
      timestampFormat: 'rfc3339',
      usesRegistry: false,
      includesSchema: false,
    },
    columns: table.columns
      .filter(({ origin }) => origin.kind !== 'generated')
      .map((column) => ({ ...column, origin: { kind: 'field' } })),
  });
}

function checkSingle(
  table: SourceTable,
  kinds: readonly SourceColumn['type']['kind'][],
  what: string,
): void {
  const [column, second] = fieldColumns(table);
  const isRight = column !== undefined && kinds.includes(column.type.kind);
  if (isRight && second === undefined) return;
  const names = kinds.map((kind) => kind.toUpperCase().replace('BYTES', 'BYTEA'));
  throw new HeliosError(
    'invalid_config',
    `Table ${table.name} ${what}: it has exactly one field column, ${names.join(' or ')}.`,
    { hint: `Declare it as: value ${names[0]}.` },
  );
}
