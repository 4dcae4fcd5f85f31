import { isColumnName } from '../delta/schema-json.ts';
import type { Column, ColumnType } from '../event/schema.ts';
import { dominantKind, isNearlyAll } from './dominance.ts';
import { type Choice, holdsMillis, numberType } from './number-type.ts';
import { Observation } from './observation.ts';
import { hintsOf, readRecord, type RecordShape, shapeOf } from './record-shape.ts';

/** One column that records seem to have. */
export type InferredColumn = {
  readonly name: string;
  readonly type: ColumnType;
  /** Records that have the field; `nullCount` of them hold null. */
  readonly presentCount: number;
  readonly nullCount: number;
  /** JSON texts of some values, cut where they are long. */
  readonly examples: readonly string[];
  /** Why this type, where that isn't plain to see. */
  readonly note: string | undefined;
  /** What takes every value that was seen. */
  readonly wider: ColumnType;
};

/** A record that no column can be read from. */
export type UnreadableRecord = { readonly index: number; readonly reason: string };

export type InferredTable = {
  /** Records that were looked at. */
  readonly recordCount: number;
  /** What most records are, and so what the table holds of each. */
  readonly shape: RecordShape;
  /** None but for the shape `columns`. */
  readonly columns: readonly InferredColumn[];
  /** The table's `json.timestamp_format`. */
  readonly timestampFormat: 'rfc3339' | 'unix_millis';
  readonly unreadable: readonly UnreadableRecord[];
  /** What a person should know before accepting it. */
  readonly warnings: readonly string[];
};

/** More columns than this are better kept as one JSON value. */
const columnsMax = 100;

/**
 * The columns of a table that JSON records would fit, exactly. Where nearly all values of a field
 * are of one type, the column has that type and the few others don't fit; where they are of
 * several, it is JSON.
 *
 * @param records The records' bytes; `null` is one without a value.
 */
export function inferTable(records: readonly (Uint8Array | null)[]): InferredTable {
  const root = new Observation();
  const unreadable: UnreadableRecord[] = [];
  const read = records.map(readRecord);
  for (const [index, record] of read.entries()) {
    if (record.kind === 'object') root.add(record.object);
    else unreadable.push({ index, reason: record.reason });
  }
  const timestampFormat = timestampFormatOf(root);
  const { kept, warnings } = distinctFields(root);
  const hasColumns = kept.length > 0 && !isDictionary(root);
  const shape = shapeOf(read, hasColumns ? 'columns' : 'json');
  const columns = kept.map(([name, field]): InferredColumn => {
    const { type, note } = typeOf(field, timestampFormat, name);
    const { count: presentCount, nullCount, examples } = field;
    const wider = [...field.kinds.keys()].every((kind) => kind === 'string') ? text : json;
    return { name, type, presentCount, nullCount, examples, note, wider };
  });
  return {
    recordCount: records.length,
    shape,
    columns: shape === 'columns' ? columns : [],
    timestampFormat,
    unreadable,
    warnings: [
      ...hintsOf(records, root),
      ...(shape === 'columns' ? warnings : dictionaryHint(root)),
    ],
  };
}

/** Records that columns can be read from: the whole that shares are of. */
export function readableCount({ recordCount, unreadable }: InferredTable): number {
  return recordCount - unreadable.length;
}

/** Most names are in few records: they are data, as those of a dictionary are. */
function isDictionary(root: Observation): boolean {
  const rare = [...root.fields.values()].filter(({ count }) => count < root.count * rareShare);
  return root.hasManyNames && rare.length > root.fields.size / 2;
}

const rareShare = 0.1;

function dictionaryHint(root: Observation): readonly string[] {
  if (!isDictionary(root)) return [];
  return [
    'The names differ from record to record, as keys of a dictionary do: the records are kept ' +
      "whole. With SQL a value is value->>'name'.",
  ];
}

/** SQL tells names apart without regard to case; JSON doesn't. */
function distinctFields(root: Observation): {
  readonly kept: readonly (readonly [string, Observation])[];
  readonly warnings: readonly string[];
} {
  const warnings: string[] = [];
  const seen = new Map<string, string>();
  const kept: (readonly [string, Observation])[] = [];
  for (const [name, field] of root.fields) {
    const same = seen.get(name.toLowerCase());
    if (same !== undefined) {
      warnings.push(`The names ${same} and ${name} differ in case only: ${name} is left out.`);
    } else if (name === '' || name.includes('\u0000') || !name.isWellFormed()) {
      warnings.push(`A name that can't be a column's is left out: ${JSON.stringify(name)}.`);
    } else if (kept.length < columnsMax) {
      seen.set(name.toLowerCase(), name);
      kept.push([name, field]);
    }
  }
  if (root.hasManyNames || root.fields.size > columnsMax) {
    warnings.push(
      `The records have more than ${columnsMax} names: keep them whole ` +
        "('json.unstructured' = true), or choose the columns you need.",
    );
  }
  return { kept, warnings };
}

const json: ColumnType = { kind: 'json' };
const text: ColumnType = { kind: 'text' };

function typeOf(field: Observation, format: 'rfc3339' | 'unix_millis', name: string): Choice {
  if (field.kinds.size === 0) return { type: json, note: 'only null was seen' };
  const kind = dominantKind(field);
  switch (kind) {
    case undefined:
      return { type: json, note: `mixed: ${kindList(field)}` };
    case 'boolean':
      return { type: { kind: 'boolean' }, note: undefined };
    case 'number':
      return numberType(field, format, name);
    case 'string':
      return stringType(field, format);
    case 'array':
      return listType(field, format);
    case 'object':
      return structType(field, format);
  }
}

function kindList(field: Observation): string {
  return [...field.kinds].map(([kind, count]) => `${count} × ${kind}`).join(', ');
}

function stringType({ strings }: Observation, format: 'rfc3339' | 'unix_millis'): Choice {
  const { count } = strings;
  if (isNearlyAll(strings.timestampCount, count)) {
    return format === 'rfc3339'
      ? { type: { kind: 'timestamp' }, note: undefined }
      : { type: text, note: 'times as text: other columns hold milliseconds' };
  }
  if (isNearlyAll(strings.dateCount, count)) return { type: { kind: 'date' }, note: undefined };
  if (strings.uuidCount === count) return { type: text, note: 'UUIDs' };
  if (strings.numericCount === count) return { type: text, note: 'numbers in quotes' };
  return { type: text, note: undefined };
}

function listType({ elements }: Observation, format: 'rfc3339' | 'unix_millis'): Choice {
  if (elements === undefined || elements.kinds.size === 0) {
    return { type: json, note: 'only empty lists were seen' };
  }
  const { type, note } = typeOf(elements, format, '');
  if (type.kind === 'json') return { type: json, note: note && `a list: ${note}` };
  return { type: { kind: 'list', element: type }, note };
}

/** An object whose fields are the same nearly everywhere is a STRUCT; others keep their names. */
const steadyShare = 0.8;

function structType(field: Observation, format: 'rfc3339' | 'unix_millis'): Choice {
  const objects = field.kinds.get('object') ?? 0;
  const inner = [...field.fields];
  if (inner.length === 0) return { type: json, note: 'only empty objects were seen' };
  const lower = new Set(inner.map(([name]) => name.toLowerCase()));
  const isSteady = inner.every(([, { count }]) => count >= objects * steadyShare);
  const canBeNamed = lower.size === inner.length && inner.every(([name]) => isColumnName(name));
  if (field.hasManyNames || !isSteady || !canBeNamed) {
    return { type: json, note: `objects of different shapes (${inner.length} names)` };
  }
  const fields = inner.map(([name, one]): Column => ({
    name,
    type: typeOf(one, format, name).type,
  }));
  return { type: { kind: 'struct', fields }, note: undefined };
}

/** `unix_millis` where numbers are times and no text is one. */
function timestampFormatOf(root: Observation): 'rfc3339' | 'unix_millis' {
  let hasText = false;
  let hasMillis = false;
  const visit = (name: string, field: Observation): void => {
    const { numbers, strings } = field;
    const kind = dominantKind(field);
    hasText ||= kind === 'string' && isNearlyAll(strings.timestampCount, strings.count);
    hasMillis ||= kind === 'number' && holdsMillis(name, numbers);
    for (const [inner, one] of field.fields) visit(inner, one);
    if (field.elements !== undefined) visit('', field.elements);
  };
  for (const [name, field] of root.fields) visit(name, field);
  return hasMillis && !hasText ? 'unix_millis' : 'rfc3339';
}
