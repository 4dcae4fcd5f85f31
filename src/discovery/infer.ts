import type { Column, ColumnType } from '../event/schema.ts';
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
 * The columns of a table that JSON records would fit. Types are chosen so that every record that
 * was seen fits exactly; where values of one field disagree, the column is JSON.
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
  const shape = kept.length === 0 ? shapeOf(read, 'json') : shapeOf(read, 'columns');
  const columns = kept.map(([name, field]): InferredColumn => {
    const { type, note } = typeOf(field, timestampFormat, name);
    const { count: presentCount, nullCount, examples } = field;
    return { name, type, presentCount, nullCount, examples, note };
  });
  return {
    recordCount: records.length,
    shape,
    columns: shape === 'columns' ? columns : [],
    timestampFormat,
    unreadable,
    warnings: [...hintsOf(records, root), ...(shape === 'columns' ? warnings : [])],
  };
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
    } else if (name === '' || name.includes('\u0000')) {
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

type Choice = { readonly type: ColumnType; readonly note: string | undefined };

const json: ColumnType = { kind: 'json' };
const text: ColumnType = { kind: 'text' };
const bigint: ColumnType = { kind: 'integer', bits: 64, isUnsigned: false };

function typeOf(field: Observation, format: 'rfc3339' | 'unix_millis', name: string): Choice {
  const kinds = [...field.kinds.keys()];
  const [kind, ...others] = kinds;
  if (kind === undefined) return { type: json, note: 'only null was seen' };
  if (others.length > 0) return { type: json, note: `mixed: ${kindList(field)}` };
  switch (kind) {
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

function numberType(
  { numbers }: Observation,
  format: 'rfc3339' | 'unix_millis',
  name: string,
): Choice {
  const { count, wholeCount, min = 0n, max = 0n, integerDigitsMax, scaleMax } = numbers;
  if (wholeCount === count) {
    if (looksLikeMillis(min, max) && namesTime(name)) {
      const note = 'milliseconds since 1970';
      return format === 'unix_millis'
        ? { type: { kind: 'timestamp' }, note }
        : { type: bigint, note };
    }
    if (min >= -(2n ** 63n) && max < 2n ** 63n) return { type: bigint, note: undefined };
    if (min >= 0n && max < 2n ** 64n) {
      return {
        type: { kind: 'integer', bits: 64, isUnsigned: true },
        note: 'larger than a BIGINT holds',
      };
    }
    const isDecimal = integerDigitsMax <= 38;
    const note = 'larger than 64 bits hold';
    return isDecimal
      ? { type: { kind: 'decimal', precision: 38, scale: 0 }, note }
      : { type: json, note: 'more digits than any number type holds' };
  }
  if (numbers.inexactCount === 0) return { type: { kind: 'float', bits: 64 }, note: undefined };
  const isDecimal = numbers.exponentCount === 0 && integerDigitsMax + scaleMax <= 38;
  return isDecimal
    ? {
        type: { kind: 'decimal', precision: 38, scale: scaleMax },
        note: 'more digits than a DOUBLE keeps',
      }
    : { type: json, note: 'numbers that neither DOUBLE nor DECIMAL keeps exactly' };
}

/** From 2001 to 2286: thirteen digits. */
function looksLikeMillis(min: bigint, max: bigint): boolean {
  return min >= 1_000_000_000_000n && max < 10_000_000_000_000n;
}

function namesTime(name: string): boolean {
  return /(^|_)(ts|time|timestamp|at|date|ms|millis)($|_)|(Time|Timestamp|At|Ts|Ms)$/.test(name);
}

function stringType({ strings }: Observation, format: 'rfc3339' | 'unix_millis'): Choice {
  const { count } = strings;
  if (strings.timestampCount === count) {
    return format === 'rfc3339'
      ? { type: { kind: 'timestamp' }, note: undefined }
      : { type: text, note: 'times as text: other columns hold milliseconds' };
  }
  if (strings.dateCount === count) return { type: { kind: 'date' }, note: undefined };
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
  const canBeNamed = lower.size === inner.length && !lower.has('');
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
    const isNumber = field.kinds.size === 1 && numbers.count > 0;
    hasText ||= strings.count > 0 && strings.timestampCount === strings.count;
    hasMillis ||=
      isNumber &&
      numbers.wholeCount === numbers.count &&
      looksLikeMillis(numbers.min ?? 0n, numbers.max ?? 0n) &&
      namesTime(name);
    for (const [inner, one] of field.fields) visit(inner, one);
    if (field.elements !== undefined) visit('', field.elements);
  };
  for (const [name, field] of root.fields) visit(name, field);
  return hasMillis && !hasText ? 'unix_millis' : 'rfc3339';
}
