import { duckdbType, quoteName, quoteText } from '../../engine/types.ts';
import { unreachable } from '../../base/assert.ts';
import type { ColumnType } from '../../event/schema.ts';
import type { SourceColumn, SourceTable } from '../../sql/script.ts';
import { fieldColumns } from '../field-columns.ts';
import { inputOf, type LeafInput, type LeafOptions } from './leaf.ts';
import { leafOf } from './value-leaf.ts';

/**
 * How a column's JSON value is read: `plain` gives a string's content or a token, `json` its JSON
 * text.
 */
export type Reading = 'plain' | 'json';

/**
 * Where the raw values `r0`, `r1` … come from, and what else makes a record unfit to become a row.
 */
export type RawRecords = {
  /** SELECT that yields `r0`… (JSON typed where read as json), and what `keep` names. */
  readonly select: string;
  /** Columns of `select` to carry through. */
  readonly keep: readonly string[];
  /** A fault of the whole record: a code or NULL. */
  readonly fault: string | undefined;
};

/**
 * The SELECTs that turn raw values into a table's columns. Each layer is a projection of its own,
 * so that DuckDB computes each text and each cast once: raw `r`, text `t`, value `v`, fault `f`.
 */
export class JsonColumns {
  readonly columns: readonly SourceColumn[];
  readonly #timestampFormat: LeafOptions['timestampFormat'];

  constructor(table: SourceTable, timestampFormat: LeafOptions['timestampFormat']) {
    this.columns = fieldColumns(table);
    this.#timestampFormat = timestampFormat;
  }

  /**
   * Columns whose exact numbers need the line itself: the JSON reader holds fractions as doubles.
   */
  exactColumns(): readonly number[] {
    return this.columns.flatMap(({ type }, index) => (holdsExactNumbers(type) ? [index] : []));
  }

  /** Reading of each column that is the cheapest to be sure of the value. */
  cheapReadings(): readonly Reading[] {
    return this.columns.map(({ type }) => {
      if (type.kind === 'timestamp') return this.#timestampFormat === 'rfc3339' ? 'plain' : 'json';
      return plainKinds.has(type.kind) ? 'plain' : 'json';
    });
  }

  /**
   * `v0`… in DuckDB's types and `fault`: NULL, or why the record is none of the table's. The code
   * of a column's fault ends in `:` and the column's number.
   */
  decoded(raw: RawRecords, readings: readonly Reading[], mark?: string): string {
    const options = { timestampFormat: this.#timestampFormat, mark };
    const inputs = this.columns.map((_, index) => inputFor(index, readings[index], mark));
    const layered = inputs.map((input, index) =>
      input.text === `r${index}` ? input : { ...input, text: `t${index}` },
    );
    const leaves = this.columns.map((column, index) =>
      leafOf(column.type, layered[index] ?? inputFor(index, 'json', mark), options),
    );
    const texts = inputs.flatMap(({ text }, index) =>
      text === `r${index}` ? [] : [`${text} AS t${index}`],
    );
    const values = leaves.map((leaf, index) => `${leaf.value} AS v${index}`);
    const faults = this.columns.map((column, index) => {
      const isText = column.type.kind === 'text' && readings[index] === 'plain';
      const fault = isText ? ambiguousFault(`r${index}`) : leaves[index]?.fault(`v${index}`);
      const missing = column.isNotNull || column.isPrimaryKey ? `'missing_field'` : 'NULL';
      return `CASE WHEN r${index} IS NULL THEN ${missing} ELSE ${fault} END AS f${index}`;
    });
    const kept = [...raw.keep, ...this.columns.map((_, index) => `v${index}`)].join(', ');
    const named = this.columns.map((_, index) => `f${index} || ':${index}'`);
    const isClean = this.columns.map((_, index) => `f${index} IS NULL`).join(' AND ');
    // Nearly all rows are clean: the texts are put together for the others only.
    const fault = `CASE WHEN f IS NULL AND ${isClean} THEN NULL
      ELSE coalesce(f, ${named.join(', ')}) END`;
    return `SELECT ${kept}, ${fault} AS fault FROM (
      SELECT *, ${raw.fault ?? 'NULL::VARCHAR'} AS f, ${faults.join(',\n')} FROM (
      SELECT *, ${values.join(',\n')} FROM (
      SELECT *${texts.map((text) => `,\n${text}`).join('')} FROM (${raw.select}))))`;
  }

  /** `r0`… of lines `line` (text, or NULL) that `select` yields beside the columns `keep`. */
  fromLines(lines: string, readings: readonly Reading[], keep: readonly string[]): RawRecords {
    const shape = this.columns.map(
      ({ name }, index) => [name, readings[index] === 'plain' ? 'VARCHAR' : 'JSON'] as const,
    );
    const structure = quoteText(JSON.stringify(Object.fromEntries(shape)));
    const raw = this.columns.map(
      ({ name }, index) => `struct_extract(__record, ${quoteText(name)}) AS r${index}`,
    );
    return {
      select: `SELECT ${[...keep, 'line', ...raw].join(', ')} FROM (
        SELECT *, json_transform(line, ${structure}) AS __record FROM (${lines}))`,
      keep,
      fault: undefined,
    };
  }

  /** `read_json`'s columns argument. */
  readerColumns(readings: readonly Reading[]): string {
    const columns = this.columns.map(
      ({ name }, index) =>
        `${quoteName(name)}: '${readings[index] === 'plain' ? 'VARCHAR' : 'JSON'}'`,
    );
    return `{${columns.join(', ')}}`;
  }

  /** `v0`… under the columns' names; `guard` wraps each value. */
  named(guard: (value: string, type: string) => string): string {
    return this.columns
      .map(({ name, type }, index) => {
        return `${guard(`v${index}`, duckdbType(type))} AS ${quoteName(name)}`;
      })
      .join(', ');
  }
}

const plainKinds: ReadonlySet<ColumnType['kind']> = new Set([
  'integer',
  'float',
  'text',
  'date',
  'time',
  'interval',
]);

/**
 * The longest number that the reader spells: `-1.7976931348623157e+308`. Ids and addresses are
 * none.
 */
const numberBytesMax = 24;

/**
 * True where a text read plainly may have been a number, a boolean, an array or an object. Most
 * texts are told apart by their first byte alone, at a third of a pattern's cost: the reader spells
 * what is no string as a number, `true`, `false`, `NaN`, `Infinity`, `-Infinity`, or with a bracket
 * first.
 */
export function isAmbiguous(text: string): string {
  const ranges = ['gt', '\\f', 'u{', ':I', 'JN', 'O['];
  const isHarmless = ranges
    .map(([from = '', to = '']) => `(${text} >= '${from}' AND ${text} < '${to}')`)
    .join(' OR ');
  const number = String.raw`-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?`;
  const token = String.raw`(?is:${number}|true|false|[\[{].*|-?(nan|infinity))`;
  const isDigitFirst = `${text} >= '0' AND ${text} < ':'`;
  const isNoNumber = `strlen(${text}) > ${numberBytesMax} OR ${text} LIKE '%.%.%'`;
  return `CASE WHEN ${isHarmless} THEN false WHEN ${isDigitFirst} AND (${isNoNumber}) THEN false
    ELSE regexp_full_match(${text}, '${token}') END`;
}

function ambiguousFault(text: string): string {
  return `CASE WHEN ${isAmbiguous(text)} THEN 'examine' END`;
}

function inputFor(
  index: number,
  reading: Reading | undefined,
  mark: string | undefined,
): LeafInput {
  const raw = `r${index}`;
  if (reading === 'plain') return { json: raw, text: raw, isString: 'true' };
  return { ...inputOf(`${raw}::VARCHAR`, mark), typed: raw };
}

function holdsExactNumbers(type: ColumnType): boolean {
  switch (type.kind) {
    case 'json':
    case 'decimal':
      return true;
    case 'list':
      return holdsExactNumbers(type.element);
    case 'struct':
      return type.fields.some((field) => holdsExactNumbers(field.type));
    case 'map':
      return holdsExactNumbers(type.key) || holdsExactNumbers(type.value);
    case 'boolean':
    case 'integer':
    case 'float':
    case 'text':
    case 'bytes':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'interval':
      return false;
    default:
      return unreachable(type);
  }
}
