import { assert } from '../base/assert.ts';
import type { ColumnType, Schema } from '../event/schema.ts';
import { storedType } from './schema-json.ts';

/**
 * Leaf columns that get statistics, from the left: what every engine reads unless told otherwise.
 */
const leavesMaxDefault = 32;
/** Characters of a text that a bound keeps. */
const prefixCharactersMax = 32;
/** Decimal digits that a double keeps, whichever they are. */
const doubleDigits = 15;

/**
 * The row of a DuckDB `COPY … (FORMAT parquet, RETURN_STATS)` as Delta's `add.stats`. Columns that
 * the file does not hold, partition columns above all, are left out.
 *
 * Every bound holds for every row, and may be wider than what is there. There is none where readers
 * disagree or JSON has no word: booleans, bytes, lists, maps, a maximum with NaN about, infinities,
 * dates before year 1 or after 9999, decimals that a double would round. Numbers keep all their
 * digits.
 */
export function columnStatsJson(
  copyRow: Readonly<Record<string, unknown>>,
  schema: Schema,
  leavesMax: number = leavesMaxDefault,
): string {
  const count = copyRow['count'];
  assert(/^\d+$/.test(String(count)), 'COPY reports how many rows it wrote');
  const tree = statsOfFields(schema, '', {
    columns: mapOf(copyRow['column_statistics']),
    leavesMax,
    leaves: 0,
  });
  return (
    `{"numRecords":${String(count)},"minValues":${tree.min ?? '{}'},` +
    `"maxValues":${tree.max ?? '{}'},"nullCount":${tree.nullCount ?? '{}'}}`
  );
}

/** JSON texts of one field; undefined where there is nothing to say. */
type FieldStats = {
  readonly min: string | undefined;
  readonly max: string | undefined;
  readonly nullCount: string | undefined;
};

type Walk = {
  /** By DuckDB's path of the leaf: quoted names with dots between. */
  readonly columns: ReadonlyMap<string, unknown>;
  readonly leavesMax: number;
  /** Leaves met so far. */
  leaves: number;
};

const nothing: FieldStats = { min: undefined, max: undefined, nullCount: undefined };

function statsOfFields(fields: Schema, prefix: string, walk: Walk): FieldStats {
  const stats = fields.map((field) => {
    const path = `${prefix}"${field.name.replaceAll('"', '""')}"`;
    return [JSON.stringify(field.name), statsOfType(storedType(field.type), path, walk)] as const;
  });
  const object = (key: keyof FieldStats): string | undefined => {
    const members = stats.flatMap(([name, field]) =>
      field[key] === undefined ? [] : [`${name}:${field[key]}`],
    );
    return members.length === 0 ? undefined : `{${members.join(',')}}`;
  };
  return { min: object('min'), max: object('max'), nullCount: object('nullCount') };
}

function statsOfType(type: ColumnType, path: string, walk: Walk): FieldStats {
  if (type.kind === 'struct') return statsOfFields(type.fields, `${path}.`, walk);
  const isNested = type.kind === 'list' || type.kind === 'map';
  const column = walk.columns.get(path);
  if (!isNested && column === undefined) return nothing;
  walk.leaves++;
  // DuckDB counts the NULLs of a list's elements, not of the list.
  if (isNested || walk.leaves > walk.leavesMax) return nothing;
  const facts = mapOf(column);
  const [min, max, nulls] = ['min', 'max', 'null_count'].map((key) => facts.get(key));
  return {
    min: typeof min === 'string' ? bounds(type).min(min) : undefined,
    max:
      typeof max === 'string' && facts.get('has_nan') !== 'true'
        ? bounds(type).max(max)
        : undefined,
    nullCount: typeof nulls === 'string' ? nulls : undefined,
  };
}

/** A MAP as the engine gives it: a list of keys and values. */
function mapOf(entries: unknown): ReadonlyMap<string, unknown> {
  if (!Array.isArray(entries)) return new Map();
  return new Map(
    entries.map((entry: { readonly key: unknown; readonly value: unknown }) => [
      String(entry.key),
      entry.value,
    ]),
  );
}

type Bounds = {
  readonly min: (text: string) => string | undefined;
  readonly max: (text: string) => string | undefined;
};

function bounds(type: ColumnType): Bounds {
  switch (type.kind) {
    case 'integer':
      return { min: exactNumber, max: exactNumber };
    case 'decimal':
      return { min: exactDecimal, max: exactDecimal };
    case 'float':
      // DuckDB takes -0.0 and 0.0 for equal, and gives either: a range must hold both.
      return {
        min: (text) => exactNumber(text === '0.0' ? '-0.0' : text),
        max: (text) => exactNumber(text === '-0.0' ? '0.0' : text),
      };
    case 'text':
      return { min: textMin, max: textMax };
    case 'date':
      return { min: plainDate, max: plainDate };
    case 'timestamp':
      return {
        min: (text) => moment(text, Math.floor, type.isLocal === true),
        max: (text) => moment(text, Math.ceil, type.isLocal === true),
      };
    default:
      return { min: () => undefined, max: () => undefined };
  }
}

/** DuckDB's text of a number, when JSON can hold it: no infinity, no NaN. */
function exactNumber(text: string): string | undefined {
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? text : undefined;
}

/**
 * Trino (476) reads a number with a fraction as a double, and skips row groups outside the bounds:
 * one that it rounds would hide the rows that the file has. Without a bound it reads them.
 */
function exactDecimal(text: string): string | undefined {
  const digits = text.replace(/[-.]/g, '').replace(/^0+|0+$/g, '');
  return !text.includes('.') || digits.length <= doubleDigits ? exactNumber(text) : undefined;
}

function textMin(text: string): string {
  return JSON.stringify(characters(text).slice(0, prefixCharactersMax).join(''));
}

/**
 * A cut maximum gets one character more, which is greater than the one cut off there; where there
 * is no greater one, what is cut is kept and the next is tried. Protocol: "Per-file Statistics".
 */
function textMax(text: string): string | undefined {
  const all = characters(text);
  if (all.length <= prefixCharactersMax) return JSON.stringify(text);
  for (let kept = prefixCharactersMax; kept < 2 * prefixCharactersMax; kept++) {
    const cut = all[kept]?.codePointAt(0);
    if (cut === undefined) return JSON.stringify(text);
    if (cut === 0x10ffff) continue;
    return JSON.stringify(all.slice(0, kept).join('') + (cut < 0x7f ? '\u{7f}' : '\u{10ffff}'));
  }
  return undefined;
}

/** Code points of the start of a text, more than any bound keeps. */
function characters(text: string): string[] {
  return Array.from(text.slice(0, 4 * prefixCharactersMax + 1));
}

function plainDate(text: string): string | undefined {
  return /^\d{4}-\d\d-\d\d$/.test(text) ? `"${text}"` : undefined;
}

/** `2024-01-01 01:02:03.456789+00` in milliseconds: a minimum is rounded down, a maximum up. */
function moment(
  text: string,
  round: (number: number) => number,
  isLocal: boolean,
): string | undefined {
  const [, date, time, fraction = '0'] =
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:\+00)?$/.exec(text) ?? [];
  if (date === undefined || time === undefined) return undefined;
  const micros = Number(fraction.padEnd(6, '0'));
  const instantMs = Date.parse(`${date}T${time}Z`) + round(micros / 1000);
  const iso = new Date(instantMs).toISOString();
  // Year 10000 and later begin with a sign, which no other reader expects.
  if (!/^\d{4}-/.test(iso)) return undefined;
  return isLocal ? `"${iso.slice(0, -1)}"` : `"${iso}"`;
}
