import type { ColumnType } from '../event/schema.ts';
import type { RecordFormat, SourceConnector } from './script.ts';

/** A type that a metadata column may have, and its name in scripts. */
export type MetadataType = { readonly name: string; readonly type: ColumnType };

/**
 * What a table may take from beside a record's value: key → the types that its column may have, the
 * usual one first.
 */
export type MetadataKeys = Readonly<Record<string, readonly MetadataType[]>>;

/** The keys of a connector, and those of a change event's format. */
export function metadataKeys(connector: SourceConnector, format: RecordFormat): MetadataKeys {
  return { ...connectorKeys(connector), ...changeKeys(format) };
}

/** Whether the record itself says what the key asks for: a change event's operation, for one. */
export function isChangeMetadata(format: RecordFormat, key: string): boolean {
  return Object.hasOwn(changeKeys(format), key);
}

function connectorKeys(connector: SourceConnector): MetadataKeys {
  switch (connector.kind) {
    case 'kafka':
      return kafkaKeys;
    case 'kinesis':
      return kinesisKeys;
    default:
      return {};
  }
}

function changeKeys(format: RecordFormat): MetadataKeys {
  return format.kind === 'debezium_json' ? debeziumKeys : {};
}

const text: MetadataType = { name: 'TEXT', type: { kind: 'text' } };
const json: MetadataType = { name: 'JSON', type: { kind: 'json' } };
const bytea: MetadataType = { name: 'BYTEA', type: { kind: 'bytes' } };
const timestamp: MetadataType = { name: 'TIMESTAMP', type: { kind: 'timestamp' } };
const int = integer('INT', 32);
const bigint = integer('BIGINT', 64);

function integer(name: string, bits: 32 | 64): MetadataType {
  return { name, type: { kind: 'integer', bits, isUnsigned: false } };
}

/** `timestamp` as BIGINT is milliseconds since 1970-01-01 UTC. */
const kafkaKeys: MetadataKeys = {
  offset_id: [bigint],
  partition: [int],
  topic: [text],
  timestamp: [bigint, timestamp],
  key: [bytea, text],
  headers: [json],
};

/** `timestamp` is when the record arrived, approximately. */
const kinesisKeys: MetadataKeys = {
  sequence_number: [text],
  subsequence_number: [bigint],
  shard_id: [text],
  partition_key: [text],
  explicit_hash_key: [text],
  timestamp: [bigint, timestamp],
};

const debeziumKeys: MetadataKeys = {
  op: [text],
  ts_ms: [bigint, timestamp],
  before: [json],
  source: [json],
  transaction: [json],
};
