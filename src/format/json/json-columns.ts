import { duckdbType, quoteName, quoteText } from '../../engine/types.ts';
import { unreachable } from '../../base/assert.ts';
import type { ColumnType } from '../../event/schema.ts';
import type { SourceColumn, SourceTable } from '../../sql/script.ts';
import { fieldColumns } from '../field-columns.ts';
import { inputOf, type Leaf, type LeafInput, type LeafOptions } from './leaf/leaf.ts';
import { type PlainTextLeaf, plainTextLeaf } from './leaf/plain-text-leaf.ts';
import { leafOf } from './leaf/value-leaf.ts';

/**
 * How a column's JSON value is read: `plain` gives a string's content or a token, `json` its JSON
 * text.
 */
export type Reading = 'plain' | 'json';

/** What makes a record unfit to become a row, as expressions. */
export type RecordCheck = {
  /** A code, or NULL. */
  readonly fault: string;
  /** Cheaper: true wherever there is a fault, and rarely elsewhere. */
  readonly suspect: string;
};

/** What a record that was only screened is said to be. */
export const suspectFault = 'suspect';

/**
 * Where the raw values `r0`, `r1` … come from, and what else makes a record unfit to become a row.
 */
export type RawRecords = RecordCheck & {
  /** SELECT that yields `r0`… (JSON typed where read as json), and what `keep` names. */
  readonly select: string;
  /** Columns of `select` to carry through. */
  readonly keep: readonly string[];
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
    const { select, faults, kept } = this.#layers(raw, readings, mark);
    // Nearly all rows are clean: what is wrong is asked of the others only.
    const fault = `CASE WHEN suspect THEN coalesce(${faults}) END`;
    return `SELECT ${kept}, ${fault} AS fault FROM (${select})`;
  }

  /**
   * As `decoded`, but `fault` says no more than `suspectFault`, and of some good records too,
   * unless it is a text's: that its reading is too cheap shows at once. DuckDB needs half the time
   * to plan it, which is most of what a small batch takes.
   */
  screened(raw: RawRecords, readings: readonly Reading[]): string {
    const { select, kept } = this.#layers(raw, readings, undefined);
    const texts = this.columns.flatMap((column, index) => {
      const isTold = isPlainText(column, readings[index]) && !isNeeded(column);
      return isTold ? [`WHEN c${index} THEN 'examine:${index}'`] : [];
    });
    const fault = `CASE WHEN NOT suspect THEN NULL ${texts.join(' ')} ELSE '${suspectFault}' END`;
    return `SELECT ${kept}, ${fault} AS fault FROM (${select})`;
  }

  /** A SELECT of what is `kept`, with `suspect`, and expressions over it for each check's fault. */
  #layers(
    raw: RawRecords,
    readings: readonly Reading[],
    mark: string | undefined,
  ): { readonly select: string; readonly faults: string; readonly kept: string } {
    const inputs = this.columns.map((_, index) => inputFor(index, readings[index], mark));
    const leaves = this.columns.map((column, index): PlainTextLeaf | Leaf => {
      if (isPlainText(column, readings[index])) return plainTextLeaf(index);
      const input = inputs[index] ?? inputFor(index, 'json', mark);
      const layered = input.text === `r${index}` ? input : { ...input, text: `t${index}` };
      return leafOf(column.type, layered, { timestampFormat: this.#timestampFormat, mark });
    });
    const texts = inputs.flatMap(({ text }, index) => {
      return text === `r${index}` ? [] : [`${text} AS t${index}`];
    });
    const firsts = leaves.flatMap((leaf) => ('first' in leaf ? [leaf.first] : []));
    const signs = leaves.flatMap((leaf) => ('sign' in leaf ? [leaf.sign] : []));
    const values = leaves.map((leaf, index) => `${leaf.value} AS v${index}`);
    const checks = leaves.map((leaf, index) => this.#check(index, leaf));
    const suspects = checks.map(({ suspect }, index) => `${suspect} AS c${index}`);
    const isSuspect = ['c', ...checks.map((_, index) => `c${index}`)].join(' OR ');
    const faults = [raw.fault, ...checks.map(({ fault }) => fault)].join(',\n');
    const kept = [...raw.keep, ...this.columns.map((_, index) => `v${index}`)].join(', ');
    const select = `SELECT *, ${isSuspect} AS suspect FROM (
      SELECT *, ${raw.suspect} AS c, ${suspects.join(',\n')} FROM (
      SELECT *, ${[...values, ...signs].join(',\n')} FROM (
      SELECT ${['*', ...texts, ...firsts].join(',\n')} FROM (${raw.select}))))`;
    return { select, faults, kept };
  }

  /** Whether a column's value may be at fault, and how it is. */
  #check(index: number, leaf: Leaf): RecordCheck {
    const column = this.columns[index];
    const mayNotMiss = column !== undefined && isNeeded(column);
    const fault = leaf.fault(`v${index}`);
    const missing = mayNotMiss ? `'missing_field'` : 'NULL';
    const suspect =
      leaf.suspect?.(`v${index}`) ?? `(r${index} IS NOT NULL AND ${fault} IS NOT NULL)`;
    return {
      suspect: mayNotMiss ? `(r${index} IS NULL OR ${suspect})` : suspect,
      fault: `CASE WHEN r${index} IS NULL THEN ${missing} ELSE ${fault} END || ':${index}'`,
    };
  }

  /** `r0`… of lines `line` (text, or NULL) that `select` yields beside the columns `keep`. */
  fromLines(
    lines: string,
    readings: readonly Reading[],
    keep: readonly string[],
    check: RecordCheck,
  ): RawRecords {
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
      ...check,
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
  'text',
  'date',
  'time',
  'interval',
]);

function isPlainText({ type }: SourceColumn, reading: Reading | undefined): boolean {
  return type.kind === 'text' && reading === 'plain';
}

function isNeeded({ isNotNull, isPrimaryKey }: SourceColumn): boolean {
  return isNotNull || isPrimaryKey;
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
