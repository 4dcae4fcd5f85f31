import { HeliosError } from '../base/errors.ts';
import type { PlainValue } from '../engine/calls.ts';
import type { ColumnType } from '../event/schema.ts';
import type { WireResult, WireType, WireValue } from './messages.ts';

/** How values of a column's type are given to functions and taken from them. */
export function wireType(type: ColumnType): WireType {
  switch (type.kind) {
    case 'boolean':
      return { kind: 'boolean' };
    case 'integer':
      return integerType(type);
    case 'float':
      return { kind: 'number', isSingle: type.bits === 32 };
    case 'decimal':
      return { kind: 'decimal', precision: type.precision, scale: type.scale };
    case 'date':
      return { kind: 'date' };
    case 'timestamp':
      return bigintType(64, false);
    case 'time':
    case 'bytes':
    case 'interval':
      return { kind: type.kind };
    case 'list':
      return { kind: 'list', element: wireType(type.element) };
    case 'struct': {
      const fields = type.fields.map((one) => ({ name: one.name, type: wireType(one.type) }));
      return { kind: 'struct', fields };
    }
    default:
      return { kind: 'text' };
  }
}

function integerType({
  bits,
  isUnsigned,
}: Extract<ColumnType, { readonly kind: 'integer' }>): WireType {
  if (bits === 64) return bigintType(bits, isUnsigned);
  const to = 2 ** (isUnsigned ? bits : bits - 1) - 1;
  return { kind: 'integer', from: isUnsigned ? 0 : -to - 1, to };
}

function bigintType(bits: 64, isUnsigned: boolean): WireType {
  const to = 2n ** BigInt(isUnsigned ? bits : bits - 1) - 1n;
  return { kind: 'bigint', from: String(isUnsigned ? 0n : -to - 1n), to: String(to) };
}

/** JSON has neither bigint nor these numbers. */
export function toWire(value: PlainValue): WireValue {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'number') return value;
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

const textKinds: ReadonlySet<WireType['kind']> = new Set([
  'text',
  'decimal',
  'date',
  'time',
  'bytes',
  'interval',
  'list',
  'struct',
]);

/** A value as DuckDB takes it. The process is not trusted to keep to what it was asked for. */
export function fromWire(value: Exclude<WireResult, object>, type: WireType): PlainValue {
  if (value === null) return null;
  const isText = typeof value === 'string';
  if (type.kind === 'bigint' && isText && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  if (type.kind === 'number' && (isText || typeof value === 'number')) return Number(value);
  if (type.kind === 'boolean' && typeof value === 'boolean') return value;
  if (type.kind === 'integer' && typeof value === 'number') return Math.trunc(value);
  if (textKinds.has(type.kind) && isText) return value;
  throw new HeliosError('internal', `A function's process gave a ${typeof value}.`);
}
