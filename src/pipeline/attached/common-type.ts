import type { Column, ColumnType } from '../../event/schema.ts';
import { duckdbType } from '../../engine/types.ts';

/**
 * The narrowest type that has every value of both, exactly; where there is none, `otherwise`.
 * `otherwise` is what anything can be read as, where the files are text.
 */
export function commonType(
  left: ColumnType,
  right: ColumnType,
  otherwise?: ColumnType,
): ColumnType | undefined {
  if (duckdbType(left) === duckdbType(right)) return left;
  if (left.kind === 'list' && right.kind === 'list') {
    const element = commonType(left.element, right.element, otherwise);
    return element && { kind: 'list', element };
  }
  if (left.kind === 'map' && right.kind === 'map') {
    const key = commonType(left.key, right.key, otherwise);
    const value = commonType(left.value, right.value, otherwise);
    return key && value && { kind: 'map', key, value };
  }
  if (left.kind === 'struct' && right.kind === 'struct') {
    return commonStruct(left.fields, right.fields, otherwise);
  }
  const isText = otherwise !== undefined;
  const textKinds = isText ? textInText : textInColumns;
  if (textKinds.has(left.kind) && textKinds.has(right.kind)) return { kind: 'text' };
  return commonNumber(left, right, isText) ?? otherwise;
}

const textInColumns: ReadonlySet<string> = new Set(['text', 'json']);
/** What is a text in CSV and a string in JSON. */
const textInText: ReadonlySet<string> = new Set(['text', 'date', 'time', 'timestamp']);

/** The fields of both: a struct that lacks one has NULL there. */
function commonStruct(
  left: readonly Column[],
  right: readonly Column[],
  otherwise: ColumnType | undefined,
): ColumnType | undefined {
  const fields = [...left];
  for (const field of right) {
    const place = fields.findIndex(({ name }) => name.toLowerCase() === field.name.toLowerCase());
    const known = fields[place];
    if (known === undefined) fields.push(field);
    else {
      const type = commonType(known.type, field.type, otherwise);
      if (type === undefined) return undefined;
      fields[place] = { name: known.name, type };
    }
  }
  // DuckDB casts no struct to one that has none of its names.
  const isCast = otherwise === undefined;
  if (isCast && fields.length === left.length + right.length) return undefined;
  return { kind: 'struct', fields };
}

/** In text a fraction may follow an integer, in one file as in two. */
function commonNumber(
  left: ColumnType,
  right: ColumnType,
  isText: boolean,
): ColumnType | undefined {
  if (left.kind === 'float' && right.kind === 'float') return { kind: 'float', bits: 64 };
  if (left.kind === 'float' || right.kind === 'float') {
    const other = left.kind === 'float' ? right : left;
    // A DOUBLE has 53 bits for digits.
    const isExact = other.kind === 'integer' && other.bits <= 32;
    const isNumber = digitsOf(other) !== undefined;
    return isExact || (isText && isNumber) ? { kind: 'float', bits: 64 } : undefined;
  }
  if (left.kind === 'integer' && right.kind === 'integer') return commonInteger(left, right);
  return commonDecimal(left, right);
}

type IntegerType = Extract<ColumnType, { readonly kind: 'integer' }>;

const widths = [8, 16, 32, 64] as const;

function commonInteger(left: IntegerType, right: IntegerType): ColumnType | undefined {
  const isUnsigned = left.isUnsigned && right.isUnsigned;
  const isMixed = left.isUnsigned !== right.isUnsigned;
  const needed = Math.max(
    ...[left, right].map((one) => (isMixed && one.isUnsigned ? one.bits * 2 : one.bits)),
  );
  const bits = widths.find((width) => width >= needed);
  return bits === undefined ? commonDecimal(left, right) : { kind: 'integer', bits, isUnsigned };
}

/** Digits before and after the point that a type has. */
function digitsOf(type: ColumnType): readonly [number, number] | undefined {
  if (type.kind === 'decimal') return [type.precision - type.scale, type.scale];
  if (type.kind !== 'integer') return undefined;
  const signed = { 8: 3, 16: 5, 32: 10, 64: 19 } as const;
  return [type.isUnsigned && type.bits === 64 ? 20 : signed[type.bits], 0];
}

function commonDecimal(left: ColumnType, right: ColumnType): ColumnType | undefined {
  const [one, other] = [digitsOf(left), digitsOf(right)];
  if (one === undefined || other === undefined) return undefined;
  const scale = Math.max(one[1], other[1]);
  const precision = Math.max(one[0], other[0]) + scale;
  return precision > 38 ? undefined : { kind: 'decimal', precision, scale };
}
