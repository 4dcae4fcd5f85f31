import { HeliosError } from '../../base/errors.ts';
import type {
  RegisteredSchema,
  SchemaRegistry,
} from '../../connection/registry/schema-registry.ts';
import type { RecordFault } from '../../event/record.ts';
import type { RecordFormat, SourceColumn, SourceTable } from '../../sql/script.ts';
import { AvroCursor } from './avro-cursor.ts';
import { AvroReaders } from './avro-json.ts';
import { type AvroType, parseAvroSchema } from './avro-schema.ts';
import type { ReadJson } from './avro-text.ts';
import { malformedFrame } from '../batch-records.ts';
import { frameBytes, schemaIdOf } from '../framed-text.ts';
import { metadataMembers } from './metadata-members.ts';

/** How values of one schema become rows, or why none of them can. */
type RowReader =
  | { readonly kind: 'ok'; readonly read: ReadJson }
  | { readonly kind: 'fault'; readonly fault: RecordFault };

/** A row as the text of a JSON object, by the table's columns; or why there is none. */
export type AvroRow = string | RecordFault;

/** Schemas of a table whose readers are kept. A topic has a few. */
const readersMax = 1000;

/** Turns Avro values into rows of a table, each by the schema that wrote it. */
export class AvroRows {
  readonly #table: SourceTable;
  readonly #columns: readonly SourceColumn[];
  readonly #isUnstructured: boolean;
  /** Undefined: all values have the declared schema. */
  readonly #registry: SchemaRegistry | undefined;
  readonly #declared: RowReader | undefined;
  readonly #readers = new Map<number, RowReader>();
  readonly #cursor = new AvroCursor();

  /** `invalid_config` for a declared schema that is none. */
  constructor(table: SourceTable, format: AvroFormat, registry: SchemaRegistry | undefined) {
    this.#table = table;
    this.#columns = table.columns.filter(({ origin }) => origin.kind === 'field');
    this.#isUnstructured = format.isUnstructured;
    this.#registry = registry;
    const declared = declaredAvroType(table, format);
    this.#declared =
      declared === undefined ? undefined : { kind: 'ok', read: this.#reader(declared) };
  }

  /** The id of a schema that the value names and that is not known yet. */
  missing(value: Buffer): number | undefined {
    const id = this.#declared === undefined ? schemaIdOf(value) : undefined;
    return id === undefined || this.#readers.has(id) ? undefined : id;
  }

  /** Makes a schema known. Fails as the registry does. */
  async learn(id: number, signal: AbortSignal): Promise<void> {
    const found = await this.#registry?.schema(id, signal);
    if (this.#readers.size >= readersMax) this.#readers.clear();
    this.#readers.set(id, this.#readerOf(id, found));
  }

  /** Forgets the schemas that the registry did not have: they may be there now. */
  forgetMissing(): void {
    for (const [id, reader] of this.#readers) {
      if (reader.kind === 'fault' && reader.fault.code === 'schema_missing') {
        this.#readers.delete(id);
      }
    }
  }

  /** The row of a value whose schema is known, with its metadata. */
  row(value: Buffer, metadata: Readonly<Record<string, unknown>>): AvroRow {
    const reader = this.#declared ?? this.#readers.get(schemaIdOf(value) ?? -1);
    if (reader === undefined) return malformedFrame;
    if (reader.kind === 'fault') return reader.fault;
    this.#cursor.begin(value, this.#declared === undefined ? frameBytes : 0);
    const json = reader.read(this.#cursor);
    this.#cursor.end();
    if (this.#cursor.fault !== undefined) return this.#cursor.fault;
    const members = metadataMembers(this.#table.columns, metadata);
    if (members === '' || !json.startsWith('{')) return json;
    return json === '{}' ? `{${members}}` : `${json.slice(0, -1)},${members}}`;
  }

  #readerOf(id: number, schema: RegisteredSchema | undefined): RowReader {
    const place = this.#registry?.endpoint ?? '';
    if (schema === undefined) {
      const message = `The registry at ${place} has no schema with the id ${id}.`;
      return { kind: 'fault', fault: { code: 'schema_missing', message } };
    }
    if (schema.type !== 'AVRO') {
      const message = `The schema ${id} of the registry is one of ${schema.type}, not of Avro.`;
      return { kind: 'fault', fault: { code: 'malformed_avro', message } };
    }
    const parsed = parseAvroSchema(schema.text, schema.references);
    if (parsed.kind === 'ok') return { kind: 'ok', read: this.#reader(parsed.type) };
    const message = `The schema ${id} of the registry can't be read: ${parsed.message}`;
    return { kind: 'fault', fault: { code: 'malformed_avro', message } };
  }

  #reader(type: AvroType): ReadJson {
    const readers = new AvroReaders();
    if (!this.#isUnstructured) return readers.row(type, this.#columns);
    const [column] = this.#columns;
    const key = JSON.stringify(column?.name);
    const read = readers.whole(type);
    if (column?.type.kind !== 'text') return (cursor) => `{${key}:${read(cursor)}}`;
    return (cursor) => `{${key}:${JSON.stringify(read(cursor))}}`;
  }
}

type AvroFormat = Extract<RecordFormat, { readonly kind: 'avro' }>;

/** The schema that the table declares for its values; undefined where they name one themselves. */
export function declaredAvroType({ name }: SourceTable, format: AvroFormat): AvroType | undefined {
  if (format.schema.kind !== 'declared') return undefined;
  const parsed = parseAvroSchema(format.schema.text);
  if (parsed.kind === 'ok') return parsed.type;
  throw new HeliosError(
    'invalid_config',
    `The avro.schema of table ${name} can't be read: ${parsed.message}`,
    { hint: 'It is the JSON of an Avro schema: {"type": "record", "name": …, "fields": […]}.' },
  );
}
