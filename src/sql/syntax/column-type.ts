import { didYouMeanHint } from '../../base/did-you-mean.ts';
import type { Column, ColumnType } from '../../event/schema.ts';
import type { Token } from './tokens.ts';
import type { TokenReader } from './token-reader.ts';

/**
 * Reads a type in the dialect's spelling or in DuckDB's: `STRUCT<a INT[]>`, `BIGINT UNSIGNED`,
 * `MAP(a, b)`.
 */
export function readColumnType(reader: TokenReader): ColumnType {
  return readType(reader, 0);
}

function readType(reader: TokenReader, depth: number): ColumnType {
  let type = readBaseType(reader, depth);
  let lists = depth;
  while (reader.takeOperator('[')) {
    if (reader.peek()?.kind === 'number')
      reader.fail('Arrays of a fixed length are not available.', arrayHint);
    reader.expectOperator(']');
    type = { kind: 'list', element: type };
    if (++lists > depthMax) reader.fail(nestingMessage);
  }
  return type;
}

const arrayHint = 'Leave the length out, as in INT[].';

/** Deeper types are refused, so that reading one can't overflow. */
const depthMax = 32;
const nestingMessage = `Types nest at most ${depthMax} levels deep.`;

function readBaseType(reader: TokenReader, depth: number): ColumnType {
  const token = reader.peek();
  if (token?.kind !== 'word') return reader.failExpected('a type');
  const name = token.text.toLowerCase();
  switch (name) {
    case 'array':
      return readNested(reader, depth, (): ColumnType => ({
        kind: 'list',
        element: readType(reader, depth + 1),
      }));
    case 'struct':
    case 'row':
      return readNested(reader, depth, () => ({
        kind: 'struct',
        fields: readFields(reader, depth + 1),
      }));
    case 'map':
      return readNested(reader, depth, () => readMap(reader, depth + 1));
    case 'decimal':
    case 'numeric':
    case 'dec':
      return readDecimal(reader);
    case 'timestamp':
    case 'datetime':
      return readTimestamp(reader);
    default:
      return readScalar(reader, token);
  }
}

function readNested(reader: TokenReader, depth: number, read: () => ColumnType): ColumnType {
  const name = reader.next();
  if (depth > depthMax) reader.fail(nestingMessage);
  const close = reader.takeOperator('(') ? ')' : '>';
  if (close === '>') reader.expectOperator('<', `Write it as ${name.text.toUpperCase()}<…>.`);
  const type = read();
  reader.expectOperator(close);
  return type;
}

function readFields(reader: TokenReader, depth: number): readonly Column[] {
  const fields: Column[] = [];
  do {
    const token = reader.expectName('the name of a field');
    reader.takeOperator(':');
    const type = readType(reader, depth);
    if (fields.some((field) => field.name.toLowerCase() === token.value.toLowerCase())) {
      reader.report(token, `The struct has two fields named "${token.value}".`, renameHint);
    }
    fields.push({ name: token.value, type });
  } while (reader.takeOperator(','));
  return fields;
}

const renameHint = 'Names are compared without regard to case: rename or drop one.';

function readMap(reader: TokenReader, depth: number): ColumnType {
  const key = readType(reader, depth);
  reader.expectOperator(',');
  return { kind: 'map', key, value: readType(reader, depth) };
}

function readDecimal(reader: TokenReader): ColumnType {
  const name = reader.next();
  // Without digits, a DECIMAL is what the dialect's planner makes of it.
  if (!reader.takeOperator('(')) return { kind: 'decimal', precision: 38, scale: 10 };
  const precision = readWhole(reader);
  const scale = reader.takeOperator(',') ? readWhole(reader) : 0;
  const end = reader.here().end;
  reader.expectOperator(')');
  const span = { start: name.start, end };
  if (precision < 1 || precision > 38) {
    reader.report(span, `DECIMAL(${precision},${scale}) has a precision that is not 1 to 38.`);
  } else if (scale > precision) {
    const hint = `The scale is the number of digits after the point: at most ${precision}.`;
    reader.report(span, `DECIMAL(${precision},${scale}) has more scale than precision.`, hint);
  }
  return { kind: 'decimal', precision, scale };
}

function readTimestamp(reader: TokenReader): ColumnType {
  reader.next();
  if (reader.takeOperator('(')) {
    const token = reader.here();
    const digits = readWhole(reader);
    reader.expectOperator(')');
    if (![0, 3, 6, 9].includes(digits)) {
      reader.report(token, `TIMESTAMP(${digits}) does not exist.`, 'Use 0, 3, 6 or 9.');
    }
  }
  if (!reader.takeWords('with', 'time', 'zone')) reader.takeWords('without', 'time', 'zone');
  return { kind: 'timestamp' };
}

function readWhole(reader: TokenReader): number {
  const token = reader.peek();
  if (token?.kind !== 'number' || !/^\d{1,9}$/.test(token.text)) {
    return reader.failExpected('a whole number');
  }
  reader.next();
  return Number(token.text);
}

function readScalar(reader: TokenReader, token: Token): ColumnType {
  const name = token.text.toLowerCase();
  const type = scalars.get(name);
  if (type === undefined) {
    const instead = replacements.get(name);
    const hint = instead ?? didYouMeanHint(token.text.toUpperCase(), typeNames);
    return reader.fail(`The type ${token.text} does not exist.`, hint);
  }
  reader.next();
  if (name === 'double') reader.takeWords('precision');
  if (name === 'time') reader.takeWords('without', 'time', 'zone');
  if (name === 'character' || name === 'char') reader.takeWords('varying');
  if (type.kind === 'text' && reader.takeOperator('(')) {
    readWhole(reader);
    reader.expectOperator(')');
  }
  if (type.kind !== 'integer' || !reader.takeWords('unsigned')) return type;
  return { ...type, isUnsigned: true };
}

const replacements: ReadonlyMap<string, string> = new Map(
  Object.entries({
    uuid: 'Use TEXT: a UUID is kept as its text.',
    hugeint: 'Use DECIMAL(38,0).',
    uhugeint: 'Use DECIMAL(38,0).',
    enum: 'Use TEXT.',
    jsonb: 'Use JSON.',
    object: 'Use STRUCT<…> for known fields, JSON for any.',
    variant: 'Use JSON.',
    list: 'Use T[] or ARRAY<T>.',
    serial: 'Use BIGINT.',
  }),
);

function integer(bits: 8 | 16 | 32 | 64, isUnsigned = false): ColumnType {
  return { kind: 'integer', bits, isUnsigned };
}

const scalars: ReadonlyMap<string, ColumnType> = new Map<string, ColumnType>([
  ['boolean', { kind: 'boolean' }],
  ['bool', { kind: 'boolean' }],
  ['int', integer(32)],
  ['tinyint', integer(8)],
  ['smallint', integer(16)],
  ['int2', integer(16)],
  ['integer', integer(32)],
  ['int4', integer(32)],
  ['bigint', integer(64)],
  ['int8', integer(64)],
  ['long', integer(64)],
  ['utinyint', integer(8, true)],
  ['usmallint', integer(16, true)],
  ['uinteger', integer(32, true)],
  ['ubigint', integer(64, true)],
  ['float', { kind: 'float', bits: 32 }],
  ['float4', { kind: 'float', bits: 32 }],
  ['real', { kind: 'float', bits: 32 }],
  ['double', { kind: 'float', bits: 64 }],
  ['float8', { kind: 'float', bits: 64 }],
  ['char', { kind: 'text' }],
  ['character', { kind: 'text' }],
  ['varchar', { kind: 'text' }],
  ['text', { kind: 'text' }],
  ['string', { kind: 'text' }],
  ['json', { kind: 'json' }],
  ['bytea', { kind: 'bytes' }],
  ['bytes', { kind: 'bytes' }],
  ['blob', { kind: 'bytes' }],
  ['binary', { kind: 'bytes' }],
  ['varbinary', { kind: 'bytes' }],
  ['date', { kind: 'date' }],
  ['time', { kind: 'time' }],
  ['timestamptz', { kind: 'timestamp' }],
  ['interval', { kind: 'interval' }],
]);

const nestedNames = ['array', 'struct', 'map', 'decimal', 'numeric', 'timestamp', 'datetime'];

const typeNames: readonly string[] = [...scalars.keys(), ...nestedNames].map((name) =>
  name.toUpperCase(),
);

/** DuckDB's name of a type that only the dialect spells so; for what is rewritten in SELECTs. */
export function typeText(type: ColumnType): string {
  switch (type.kind) {
    case 'boolean':
      return 'BOOLEAN';
    case 'integer':
      return (type.isUnsigned ? 'U' : '') + integerNames[type.bits];
    case 'float':
      return type.bits === 32 ? 'FLOAT' : 'DOUBLE';
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'text':
      return 'VARCHAR';
    case 'bytes':
      return 'BLOB';
    case 'timestamp':
      return 'TIMESTAMPTZ';
    case 'list':
      return `${typeText(type.element)}[]`;
    case 'struct': {
      const fields = type.fields.map((field) => `${quoted(field.name)} ${typeText(field.type)}`);
      return `STRUCT(${fields.join(', ')})`;
    }
    case 'map':
      return `MAP(${typeText(type.key)}, ${typeText(type.value)})`;
    default:
      return type.kind.toUpperCase();
  }
}

const integerNames = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' } as const;

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
