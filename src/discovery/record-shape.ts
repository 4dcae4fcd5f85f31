import { isJsonObject, type JsonValue, parseExactly } from './json-value.ts';
import type { Observation } from './observation.ts';

/**
 * What a table holds of each record: its fields, or all of it as JSON, as text or as bytes.
 */
export type RecordShape = 'columns' | 'json' | 'text' | 'bytes';

/** A record as far as it can be read. */
export type ReadRecord =
  | { readonly kind: 'object'; readonly object: JsonValue }
  | { readonly kind: 'json' | 'text' | 'bytes' | 'tombstone'; readonly reason: string };

export function readRecord(record: Uint8Array | null): ReadRecord {
  if (record === null) return { kind: 'tombstone', reason: 'a tombstone: it has no value' };
  let text: string;
  try {
    text = decoder.decode(record);
  } catch {
    return { kind: 'bytes', reason: 'not UTF-8' };
  }
  try {
    const object = parseExactly(text);
    if (isJsonObject(object)) return { kind: 'object', object };
    return { kind: 'json', reason: 'JSON, but not an object' };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    // Text has no control characters but white space; a registry's first byte is one.
    const isText = record.length > 0 && !controls.test(text);
    return { kind: isText ? 'text' : 'bytes', reason: `not JSON: ${why}` };
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const controls = /[\u0000-\u0008\u000e-\u001f]/;

/**
 * The shape that suits most records: what is less regular also holds what is more so. `objects` is
 * how records that are objects are kept.
 */
export function shapeOf(records: readonly ReadRecord[], objects: 'columns' | 'json'): RecordShape {
  const values = records.filter(({ kind }) => kind !== 'tombstone');
  const share = (...kinds: readonly ReadRecord['kind'][]): number =>
    values.filter(({ kind }) => kinds.includes(kind)).length / values.length;
  if (values.length === 0) return 'json';
  if (share('object') >= half) return objects;
  if (share('object', 'json') >= half) return 'json';
  return share('object', 'json', 'text') >= half ? 'text' : 'bytes';
}

const half = 0.5;

/** What a person may want instead of what is inferred. */
export function hintsOf(
  records: readonly (Uint8Array | null)[],
  root: Observation,
): readonly string[] {
  const values = records.filter((record) => record !== null);
  const framed = values.filter(isFramed);
  if (values.length > 0 && framed.length >= values.length * half) {
    const ids = [
      ...new Set(framed.map((value) => new DataView(value.buffer, value.byteOffset).getUint32(1))),
    ];
    const shown = ids.slice(0, idsShown).join(', ');
    return [
      `The values begin as those of a schema registry do (schema ${shown}): use format = 'avro' ` +
        "and 'avro.confluent_schema_registry' = 'true', with schema_registry.endpoint in the " +
        "connection; or format = 'json' and 'json.confluent_schema_registry' = 'true'.",
    ];
  }
  const isChange = ['before', 'after', 'op'].every((name) => root.fields.has(name));
  const payload = root.fields.get('payload')?.fields;
  const isWrapped = payload !== undefined && payload.has('after') && payload.has('op');
  if (!isChange && !isWrapped) return [];
  return [
    "The records look like Debezium's changes: with format = 'debezium_json' and the columns of " +
      '"after", a row is what was inserted.',
  ];
}

const idsShown = 3;

/** A zero, and the number of a schema in four bytes. */
function isFramed(value: Uint8Array): boolean {
  return value.length > 5 && value[0] === 0 && value[1] === 0;
}
