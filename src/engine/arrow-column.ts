import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  type DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import * as arrow from 'apache-arrow';
import { AssertionError, unreachable } from '../base/assert.ts';
import type { ColumnType, Schema } from '../event/schema.ts';

export function arrowSchema(columns: Schema): arrow.Schema {
  return new arrow.Schema(
    columns.map(({ name, type }) => new arrow.Field(name, arrowType(type), true)),
  );
}

export function arrowBatch(
  schema: arrow.Schema,
  columns: Schema,
  chunk: DuckDBDataChunk,
): arrow.RecordBatch {
  const children = columns.map(({ type }, index) => arrowData(type, chunk.getColumnValues(index)));
  const struct = new arrow.Struct(schema.fields);
  const data = new arrow.Data(struct, 0, chunk.rowCount, 0, undefined, children);
  return new arrow.RecordBatch(schema, data);
}

/**
 * Arrow's type of a column. Intervals and JSON travel as text; instants are microseconds in UTC.
 */
function arrowType(type: ColumnType): arrow.DataType {
  switch (type.kind) {
    case 'boolean':
      return new arrow.Bool();
    case 'integer':
      return new arrow.Int(!type.isUnsigned, type.bits);
    case 'float':
      return type.bits === 32 ? new arrow.Float32() : new arrow.Float64();
    case 'decimal':
      return new arrow.Decimal(type.scale, type.precision, 128);
    case 'text':
    case 'json':
    case 'interval':
      return new arrow.Utf8();
    case 'bytes':
      return new arrow.Binary();
    case 'date':
      return new arrow.DateDay();
    case 'time':
      return new arrow.TimeMicrosecond();
    case 'timestamp':
      return new arrow.TimestampMicrosecond('UTC');
    case 'list':
      return new arrow.List(new arrow.Field('item', arrowType(type.element), true));
    case 'struct':
      return new arrow.Struct(
        type.fields.map((field) => new arrow.Field(field.name, arrowType(field.type), true)),
      );
    case 'map':
      // oxlint-disable-next-line no-underscore-dangle -- Arrow's own name, so as not to hide Map.
      return new arrow.Map_(new arrow.Field('entries', entryType(type), false));
    default:
      return unreachable(type);
  }
}

/**
 * A column's values in Arrow's layout. The buffers are laid out here, since Arrow's own builders
 * take instants as milliseconds and so would round them.
 */
function arrowData(type: ColumnType, values: readonly DuckDBValue[]): arrow.Data {
  const { nullBitmap, nullCount } = validity(values);
  const shared = { length: values.length, nullCount, nullBitmap };
  const arrowed = arrowType(type);
  switch (type.kind) {
    case 'list':
      return listData(arrowed, type.element, { values, shared });
    case 'map':
      return mapData(arrowed, type, { values, shared });
    case 'struct': {
      const rows = values.map((value) =>
        value instanceof DuckDBStructValue ? value.entries : undefined,
      );
      const children = type.fields.map((field) =>
        arrowData(
          field.type,
          rows.map((row) => row?.[field.name] ?? null),
        ),
      );
      return layout(arrowed, shared, { children });
    }
    case 'text':
    case 'json':
    case 'interval':
    case 'bytes':
      return bytesData(arrowed, values, shared);
    case 'boolean':
      return layout(arrowed, shared, { data: bits(values, (one) => one === true) });
    default:
      return layout(arrowed, shared, { data: fixedWidth(type, values) });
  }
}

type Shared = {
  readonly length: number;
  readonly nullCount: number;
  readonly nullBitmap: Uint8Array;
};

/** What a column has beside its nulls, by its type. */
type Buffers = {
  readonly valueOffsets?: Int32Array;
  readonly data?: ArrayBufferView;
  readonly children?: arrow.Data[];
};

function layout(type: arrow.DataType, shared: Shared, buffers: Buffers): arrow.Data {
  const { length, nullCount, nullBitmap } = shared;
  const { valueOffsets, data, children } = buffers;
  return new arrow.Data(
    type,
    0,
    length,
    nullCount,
    {
      ...(valueOffsets === undefined ? {} : { [arrow.BufferType.OFFSET]: valueOffsets }),
      ...(data === undefined ? {} : { [arrow.BufferType.DATA]: data }),
      [arrow.BufferType.VALIDITY]: nullBitmap,
    },
    children ?? [],
  );
}

type Column = { readonly values: readonly DuckDBValue[]; readonly shared: Shared };

type FixedWidth = Exclude<
  ColumnType,
  { readonly kind: 'list' | 'map' | 'struct' | 'text' | 'json' | 'interval' | 'bytes' | 'boolean' }
>;

function entryType(type: Extract<ColumnType, { kind: 'map' }>): arrow.Struct {
  return new arrow.Struct([
    new arrow.Field('key', arrowType(type.key), false),
    new arrow.Field('value', arrowType(type.value), true),
  ]);
}

function fixedWidth(type: FixedWidth, values: readonly DuckDBValue[]): ArrayBufferView {
  switch (type.kind) {
    case 'integer':
      return type.bits === 64
        ? wideIntegers(type.isUnsigned ? BigUint64Array : BigInt64Array, values)
        : numbers(numberArrays[`${type.isUnsigned ? 'u' : ''}${type.bits}`], values);
    case 'float':
      return numbers(type.bits === 32 ? Float32Array : Float64Array, values);
    case 'decimal':
      return decimals(values);
    case 'date':
      return Int32Array.from(values.map((one) => (one instanceof DuckDBDateValue ? one.days : 0)));
    case 'time':
    case 'timestamp':
      return wideIntegers(BigInt64Array, values);
    default:
      return unreachable(type);
  }
}

const numberArrays = {
  8: Int8Array,
  16: Int16Array,
  32: Int32Array,
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
} as const;

type NumberArray = { new (length: number): { [index: number]: number } & ArrayBufferView };

function numbers(array: NumberArray, values: readonly DuckDBValue[]): ArrayBufferView {
  const filled = new array(values.length);
  for (const [index, value] of values.entries()) filled[index] = numberOf(value);
  return filled;
}

function wideIntegers(
  array: BigInt64ArrayConstructor | BigUint64ArrayConstructor,
  values: readonly DuckDBValue[],
): ArrayBufferView {
  const wide = new array(values.length);
  for (const [index, value] of values.entries()) wide[index] = bigintOf(value);
  return wide;
}

function bigintOf(value: DuckDBValue): bigint {
  if (value === null) return 0n;
  if (typeof value === 'bigint') return value;
  if (value instanceof DuckDBTimestampTZValue) return value.micros;
  if (value instanceof DuckDBTimestampValue) return value.micros;
  if (value instanceof DuckDBTimeValue) return value.micros;
  throw new AssertionError(`not a 64-bit value: ${String(value)}`);
}

function numberOf(value: DuckDBValue): number {
  return typeof value === 'number' ? value : 0;
}

/** Little-endian 128-bit two's complement, in the words of 32 bits that Arrow counts by. */
function decimals(values: readonly DuckDBValue[]): Uint32Array {
  const words = new BigUint64Array(values.length * 2);
  for (const [index, value] of values.entries()) {
    const digits = value instanceof DuckDBDecimalValue ? value.value : 0n;
    words[index * 2] = BigInt.asUintN(64, digits);
    words[index * 2 + 1] = BigInt.asUintN(64, digits >> 64n);
  }
  return new Uint32Array(words.buffer);
}

function bytesData(
  type: arrow.DataType,
  values: readonly DuckDBValue[],
  shared: Shared,
): arrow.Data {
  const pieces = values.map(bytesOf);
  const valueOffsets = offsets(pieces.map((piece) => piece.byteLength));
  return layout(type, shared, { valueOffsets, data: Buffer.concat(pieces) });
}

function bytesOf(value: DuckDBValue): Uint8Array {
  if (value === null) return new Uint8Array();
  return value instanceof DuckDBBlobValue ? value.bytes : Buffer.from(String(value), 'utf8');
}

function listData(type: arrow.DataType, element: ColumnType, column: Column): arrow.Data {
  const lists = column.values.map((value) =>
    value instanceof DuckDBListValue || value instanceof DuckDBArrayValue ? value.items : [],
  );
  const child = arrowData(element, lists.flat());
  const valueOffsets = offsets(lists.map((list) => list.length));
  return layout(type, column.shared, { valueOffsets, children: [child] });
}

function mapData(
  type: arrow.DataType,
  map: Extract<ColumnType, { kind: 'map' }>,
  column: Column,
): arrow.Data {
  const maps = column.values.map((value) => (value instanceof DuckDBMapValue ? value.entries : []));
  const entries = maps.flat();
  const keys = arrowData(
    map.key,
    entries.map((entry) => entry.key),
  );
  const values = arrowData(
    map.value,
    entries.map((entry) => entry.value),
  );
  const child = layout(entryType(map), allValid(entries.length), { children: [keys, values] });
  const valueOffsets = offsets(maps.map((one) => one.length));
  return layout(type, column.shared, { valueOffsets, children: [child] });
}

function offsets(lengths: readonly number[]): Int32Array {
  const all = new Int32Array(lengths.length + 1);
  let end = 0;
  for (const [index, length] of lengths.entries()) {
    end += length;
    all[index + 1] = end;
  }
  return all;
}

/** For what has no nulls of its own. */
function allValid(length: number): Shared {
  return { length, nullCount: 0, nullBitmap: new Uint8Array(Math.ceil(length / 8)).fill(255) };
}

function validity(values: readonly DuckDBValue[]): {
  readonly nullBitmap: Uint8Array;
  readonly nullCount: number;
} {
  const nullCount = values.reduce<number>((count, value) => count + (value === null ? 1 : 0), 0);
  return { nullBitmap: bits(values, (value) => value !== null), nullCount };
}

function bits(values: readonly DuckDBValue[], isSet: (value: DuckDBValue) => boolean): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 8));
  for (const [index, value] of values.entries()) {
    if (isSet(value)) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bytes;
}
