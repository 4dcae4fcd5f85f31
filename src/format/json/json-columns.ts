import { duckdbType, quoteName, quoteText } from '../../engine/types.ts';
import { unreachable } from '../../base/assert.ts';
import type { ColumnType } from '../../event/schema.ts';
import type { SourceColumn, SourceTable } from '../../sql/script.ts';
import { fieldColumns } from '../field-columns.ts';
import {
  type Part,
  partsOf,
  type Reading,
  type Readings,
  readType,
  valueOf,
  withMemberValues,
} from './column-parts.ts';
import type { LeafOptions } from './leaf/leaf.ts';
import { isNeeded, isPlainText, partLayers, type RecordCheck } from './part-layers.ts';

/** What a record that was only screened is said to be. */
export const suspectFault = 'suspect';

/**
 * Where the raw values `r0`, `r1` … come from, and what else makes a record unfit to become a row.
 */
export type RawRecords = RecordCheck & {
  /** SELECT that yields the columns' `r0`… in their `readType`, and what `keep` names. */
  readonly select: string;
  /** Columns of `select` to carry through. */
  readonly keep: readonly string[];
};

/**
 * The SELECTs that turn raw values into a table's columns. Each layer is a projection of its own,
 * so that DuckDB computes each text and each cast once: raw `r`, text `t`, value `v`, check `c`,
 * with the number of a column (`r3`) or of a struct's member (`r3_1`) behind it.
 */
export class JsonColumns {
  readonly columns: readonly SourceColumn[];
  readonly parts: readonly Part[];
  readonly #timestampFormat: LeafOptions['timestampFormat'];

  constructor(table: SourceTable, timestampFormat: LeafOptions['timestampFormat']) {
    this.columns = fieldColumns(table);
    this.parts = partsOf(this.columns);
    this.#timestampFormat = timestampFormat;
  }

  /**
   * Columns whose exact numbers need the line itself: the JSON reader holds fractions as doubles.
   * A fraction anywhere in a struct counts, so the struct is read as JSON.
   */
  exactColumns(): readonly Part[] {
    return this.parts.filter(({ path, type }) => path.length === 0 && holdsExactNumbers(type));
  }

  /** Reading of each part that is the cheapest to be sure of the value. */
  cheapReadings(): Map<string, Reading> {
    const exact = new Set(this.exactColumns().map(({ column }) => column));
    return new Map(
      this.parts.map(({ id, column, type }) => [
        id,
        this.#isSurePlain(type, exact.has(column)) ? 'plain' : 'json',
      ]),
    );
  }

  #isSurePlain(type: ColumnType, isExact: boolean): boolean {
    if (type.kind === 'timestamp') return this.#timestampFormat === 'rfc3339';
    if (type.kind === 'struct') return !isExact;
    return plainKinds.has(type.kind);
  }

  /** The same, but structs as JSON: where a reader makes a struct of whatever there is. */
  withStructTexts(readings: Readings): Readings {
    const structs = this.parts.filter(({ members }) => members.length > 0);
    return new Map([...readings, ...structs.map(({ id }) => [id, 'json'] as const)]);
  }

  jsonReadings(): Readings {
    return new Map(this.parts.map(({ id }) => [id, 'json']));
  }

  /**
   * `v0`… in DuckDB's types and `fault`: NULL, or why the record is none of the table's. The code
   * of a column's fault ends in `:` and the column's number.
   */
  decoded(raw: RawRecords, readings: Readings, mark?: string): string {
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
  screened(raw: RawRecords, readings: Readings): string {
    const { select, kept } = this.#layers(raw, readings, undefined);
    const texts = this.parts.flatMap((part) => {
      const column = part.path.length === 0 ? this.columns[part.column] : undefined;
      const isTold = isPlainText(part, readings) && (column === undefined || !isNeeded(column));
      return isTold ? [`WHEN c${part.id} THEN 'examine:${part.id}'`] : [];
    });
    const fault = `CASE WHEN NOT suspect THEN NULL ${texts.join(' ')} ELSE '${suspectFault}' END`;
    return `SELECT ${kept}, ${fault} AS fault FROM (${select})`;
  }

  /** A SELECT of what is `kept`, with `suspect`, and expressions over it for each check's fault. */
  #layers(
    raw: RawRecords,
    readings: Readings,
    mark: string | undefined,
  ): { readonly select: string; readonly faults: string; readonly kept: string } {
    const options = { timestampFormat: this.#timestampFormat, mark, readings };
    const layers = this.parts.map((part) => partLayers(part, this.columns[part.column], options));
    const texts = layers.flatMap((layer) => layer.texts);
    const values = layers.flatMap((layer) => layer.values);
    const checks = this.parts.map(({ id }, index) => `${layers[index]?.suspect} AS c${id}`);
    const structs = this.parts
      .filter(({ path, members }) => path.length === 0 && members.length > 0)
      .map((part) => `${valueOf(part)} AS v${part.id}`);
    const isSuspect = ['c', ...this.parts.map(({ id }) => `c${id}`)].join(' OR ');
    const faults = [raw.fault, ...layers.map(({ fault }) => fault)].join(',\n');
    const kept = [...raw.keep, ...this.columns.map((_, index) => `v${index}`)].join(', ');
    const select = `SELECT *, ${isSuspect} AS suspect FROM (
      SELECT *, ${[`${raw.suspect} AS c`, ...checks, ...structs].join(',\n')} FROM (
      SELECT ${['*', ...values].join(',\n')} FROM (
      SELECT ${['*', ...texts].join(',\n')} FROM (
      ${withMemberValues(raw.select, this.parts, readings)}))))`;
    return { select, faults, kept };
  }

  /**
   * `r0`… of lines `line` (text, or NULL) that `lines` yields beside the columns `keep`. Structs
   * must be read as JSON.
   */
  fromLines(
    lines: string,
    readings: Readings,
    keep: readonly string[],
    check: RecordCheck,
  ): RawRecords {
    const structure = quoteText(JSON.stringify(Object.fromEntries(this.#readTypes(readings))));
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
  readerColumns(readings: Readings): string {
    const columns = this.#readTypes(readings).map(
      ([name, type]) => `${quoteName(name)}: ${quoteText(type)}`,
    );
    return `{${columns.join(', ')}}`;
  }

  /** Each column's name, and the type that it is read in. */
  #readTypes(readings: Readings): readonly (readonly [name: string, type: string])[] {
    return this.parts.flatMap((part) => {
      const column = part.path.length === 0 ? this.columns[part.column] : undefined;
      return column === undefined ? [] : [[column.name, readType(part, readings)] as const];
    });
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
