import { unreachable } from '../../base/assert.ts';
import type { ColumnType } from '../../event/schema.ts';

/**
 * Types, besides itself, that a type holds without losing anything, as DuckDB's `typeof` names
 * them.
 */
export function losslessTypes(type: ColumnType): readonly string[] {
  switch (type.kind) {
    case 'integer':
      return integerTypes(type.isUnsigned ? type.bits : type.bits - 1, type.isUnsigned);
    case 'float':
      return type.bits === 32
        ? ['FLOAT', ...integerTypes(24, false)]
        : ['FLOAT', 'DOUBLE', ...integerTypes(53, false)];
    case 'decimal':
      return [...decimalTypes(type), ...integerTypes(bitsWithin(type), false)];
    case 'timestamp':
      return ['TIMESTAMP WITH TIME ZONE', 'TIMESTAMP', 'TIMESTAMP_MS', 'TIMESTAMP_S'];
    case 'json':
      return ['JSON', 'VARCHAR'];
    case 'boolean':
    case 'text':
    case 'bytes':
    case 'date':
    case 'time':
    case 'interval':
    case 'list':
    case 'struct':
    case 'map':
      return [];
    default:
      return unreachable(type);
  }
}

const integers = [
  { name: 'TINYINT', bits: 7, isUnsigned: false },
  { name: 'SMALLINT', bits: 15, isUnsigned: false },
  { name: 'INTEGER', bits: 31, isUnsigned: false },
  { name: 'BIGINT', bits: 63, isUnsigned: false },
  { name: 'UTINYINT', bits: 8, isUnsigned: true },
  { name: 'USMALLINT', bits: 16, isUnsigned: true },
  { name: 'UINTEGER', bits: 32, isUnsigned: true },
  { name: 'UBIGINT', bits: 64, isUnsigned: true },
];

/** Integer types whose magnitude fits so many bits. */
function integerTypes(bits: number, isUnsigned: boolean): readonly string[] {
  return integers
    .filter((integer) => integer.bits <= bits && (integer.isUnsigned || !isUnsigned))
    .map((integer) => integer.name);
}

/** Decimals with no more digits on either side of the point. */
function decimalTypes(type: ColumnType & { kind: 'decimal' }): readonly string[] {
  const names: string[] = [];
  for (let scale = 0; scale <= type.scale; scale++) {
    const precisionMax = type.precision - type.scale + scale;
    for (let precision = Math.max(1, scale); precision <= precisionMax; precision++) {
      names.push(`DECIMAL(${precision},${scale})`);
    }
  }
  return names;
}

/** Bits of the integers that surely fit before a decimal's point. */
function bitsWithin(type: ColumnType & { kind: 'decimal' }): number {
  return Math.floor((type.precision - type.scale) * Math.log2(10));
}
