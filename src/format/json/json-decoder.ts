import type { HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteName } from '../../engine/types.ts';
import type { Batch } from '../../event/record.ts';
import type { SourceTable } from '../../sql/script.ts';
import { badRecordMark, type Decoder, type IsolateContext, type IsolatedBatch } from '../format.ts';
import { BatchRecords } from '../batch-records.ts';
import { isolatedBatch } from '../isolated-batch.ts';
import { guarded } from '../sql-parts.ts';
import { holdsFraction, mayLoseDigits } from './exact-lines.ts';
import { type Reading, type Readings, valueIn } from './column-parts.ts';
import { JsonColumns, type RawRecords, suspectFault } from './json-columns.ts';
import { separateLines } from './isolate-lines.ts';
import { isAmbiguous } from './leaf/plain-text-leaf.ts';
import { linesOf, lineFault, type Malformed, readerOptions } from './line-reader.ts';
import { isPlainText, type RecordCheck } from './part-layers.ts';
import { screenLines } from './screen-lines.ts';

/** Fault of a row that was read by columns, and whose exact numbers only its line has. */
const fractionFault = 'fraction';

/**
 * Objects, one a line, into typed columns.
 *
 * Two ways to read: by `columns` of DuckDB's reader, the fastest; or by `lines`, where the text of
 * a line is at hand, which fractions in JSON and DECIMAL columns need: the reader makes doubles of
 * them. By columns, a text column can't tell `"12"` from `12`, nor a line `null` from `{}`. Where a
 * batch shows that a table's records need to be told apart, the decoder reads that column, or the
 * table, the dearer way from then on: what it remembers changes cost, never results.
 */
export class JsonDecoder implements Decoder {
  readonly isolateBytesMax: number = 256 * 1024 * 1024;
  readonly #table: SourceTable;
  readonly #columns: JsonColumns;
  readonly #readings: Map<string, Reading>;
  /** Which table's record it was that a statement failed on: it may read several. */
  readonly #mark: string;
  #readsLines: boolean;
  /** Whether structs are read as JSON, and not as structs by DuckDB's reader. */
  #readsStructTexts = false;
  /** Whether `fast` fails with what is wrong, or with less, which is planned sooner. */
  #namesFaults = false;

  constructor(table: SourceTable) {
    this.#table = table;
    this.#mark = `${badRecordMark} ${table.name}`;
    const { format } = table;
    this.#columns = new JsonColumns(
      table,
      format.kind === 'json' ? format.timestampFormat : 'rfc3339',
    );
    this.#readings = this.#columns.cheapReadings();
    this.#readsLines = table.lineBytesMax !== undefined;
    // What can't be decoded shows now, not at the first batch.
    this.fast([]);
  }

  fast(paths: readonly string[]): string {
    return this.#fast(paths, []);
  }

  numbered(paths: readonly string[]): string | undefined {
    const isHidden = this.#columns.columns.some(({ name }) => name.toLowerCase() === fileIndex);
    return isHidden ? undefined : this.#fast(paths, ['__file']);
  }

  #fast(paths: readonly string[], keep: Keep): string {
    const raw = this.#readsLines
      ? this.#rawByLines(paths, { keep })
      : this.#rawByColumns(paths, { keep });
    const readings = this.#readingsOf('fails');
    const decoded = this.#namesFaults
      ? this.#columns.decoded(raw, readings)
      : this.#columns.screened(raw, readings);
    const columns = (guard: Guard): string => [this.#columns.named(guard), ...keep].join(', ');
    return guarded(decoded, columns, this.#mark);
  }

  adapt({ message }: HeliosError): boolean {
    if (!this.#namesFaults && message.includes(`${this.#mark} ${suspectFault};`)) {
      this.#namesFaults = true;
      return true;
    }
    const isLearnt = this.#learnFrom(message);
    // With the dearer reading its records may be beyond suspicion.
    if (isLearnt) this.#namesFaults = false;
    return isLearnt;
  }

  #learnFrom(message: string): boolean {
    if (!this.#readsLines && message.includes(`${this.#mark} ${fractionFault};`)) {
      this.#readsLines = true;
      return true;
    }
    if (!this.#readsStructTexts && message.includes(readerError) && isTwice(message)) {
      this.#readsStructTexts = true;
      return true;
    }
    const part = this.#columns.parts.find(
      (one) =>
        isPlainText(one, this.#readings) && message.includes(`${this.#mark} examine:${one.id};`),
    );
    if (part !== undefined) this.#readings.set(part.id, 'json');
    return part !== undefined;
  }

  async isolate(
    connection: Connection,
    batch: Batch,
    context: IsolateContext,
  ): Promise<IsolatedBatch> {
    const reading = BatchRecords.ofLines(batch, 'white_space');
    const { columns } = this.#columns;
    const of = { connection, batch, context, table: this.#table, columns };
    const decoded = (lines: string, mark: string | undefined): string =>
      this.#decodedLines(lines, mark);
    const screened = await screenLines({
      ...of,
      records: reading,
      decoded: this.#decodedAny([batch.content.path]),
      closely: (some, someRecords) =>
        separateLines({ ...of, batch: some, records: someRecords, decoded }),
    });
    const records = await reading;
    const separated = screened ?? (await separateLines({ ...of, records, decoded }));
    // The fast path failed on records that are good: they need a dearer reading.
    if (screened?.spared !== undefined) await this.#learn(connection, screened.spared);
    return isolatedBatch({ batch, records, context, ...separated });
  }

  /** As the fast path reads, but what is no record is a row with a fault. */
  #decodedAny(paths: readonly string[]): string {
    const raw = this.#readsLines
      ? this.#rawByLines(paths, { malformed: 'is_null' })
      : this.#rawByColumns(paths, { malformed: 'is_null' });
    return this.#columns.decoded(raw, this.#readingsOf('is_null'));
  }

  /**
   * The reader fails on what is no object where a struct is asked for, and on one with a key twice;
   * where it may not fail, as where it makes structs of lines' texts, anything is an object to it.
   */
  #readingsOf(malformed: Malformed): Readings {
    const areStructsSure = malformed === 'fails' && !this.#readsLines && !this.#readsStructTexts;
    return areStructsSure ? this.#readings : this.#columns.withStructTexts(this.#readings);
  }

  #rawByColumns(
    paths: readonly string[],
    { malformed = 'fails', keep = [] }: RawOptions,
  ): RawRecords {
    const raw = this.#columns.columns.map(({ name }, index) => `${quoteName(name)} AS r${index}`);
    const kept = keep.map((name) => `${fileIndex}::INTEGER AS ${name}`);
    const all = this.#columns.columns.map((_, index) => `r${index} IS NULL`).join(' AND ');
    const fractions = this.#columns
      .exactColumns()
      .map(({ id }) => holdsFraction(`r${id}::VARCHAR`));
    const hasFraction = fractions.length === 0 ? 'false' : fractions.join(' OR ');
    const options = readerOptions(paths, this.#table, malformed);
    return {
      select: `SELECT ${[...kept, ...raw].join(', ')} FROM read_json(${options},
        records = 'true', columns = ${this.#columns.readerColumns(this.#readingsOf(malformed))})`,
      keep,
      fault: `CASE WHEN ${all} THEN 'examine' WHEN ${hasFraction} THEN '${fractionFault}' END`,
      suspect: `((${all}) OR ${hasFraction})`,
    };
  }

  #rawByLines(paths: readonly string[], { malformed, keep = [] }: RawOptions): RawRecords {
    const kept = keep.map((name) => `${fileIndex}::INTEGER AS ${name}`);
    const lines = linesOf(paths, this.#table, { malformed, kept });
    const readings = this.#columns.withStructTexts(this.#readings);
    return this.#columns.fromLines(lines, readings, keep, this.#lineCheck(undefined));
  }

  #decodedLines(lines: string, mark: string | undefined): string {
    const readings = this.#columns.jsonReadings();
    const raw = this.#columns.fromLines(lines, readings, ['__line'], this.#lineCheck(mark));
    const keep = ['__line', ...this.#columns.columns.map((_, index) => `r${index}`)];
    return this.#columns.decoded({ ...raw, keep }, readings, mark);
  }

  #lineCheck(mark: string | undefined): RecordCheck {
    const exact = this.#columns.exactColumns();
    const values = exact.map(({ id }) => `r${id}::VARCHAR`);
    const areNumbers = exact.every(({ type }) => type.kind === 'decimal');
    const isInexact = mayLoseDigits('line', { values, areNumbers });
    const isExamined = mark !== undefined || values.length === 0;
    const fault = `CASE ${lineFault(this.#table)}
      WHEN NOT starts_with(line, '{') THEN 'not_an_object'
      ${isExamined ? '' : `WHEN ${isInexact} THEN 'examine'`} END`;
    return { fault, suspect: `(${fault} IS NOT NULL)` };
  }

  /**
   * What clean rows that the fast path can't tell about show of the dearer readings that the table
   * needs.
   */
  async #learn(connection: Connection, rows: string): Promise<void> {
    const { columns, parts } = this.#columns;
    const texts = parts.filter((part) => isPlainText(part, this.#readings));
    const names = columns.map(({ name }) => `${quoteName(name)} IS NULL`);
    const tests = texts.map((part) => {
      const text = valueIn(quoteName(columns[part.column]?.name ?? ''), part);
      return `bool_or(${isAmbiguous(text)}) AS c${part.id},`;
    });
    const [found] = await connection.rows(`SELECT ${tests.join(' ')}
      bool_or(${names.join(' AND ')}) AS isEmpty FROM (${rows})`);
    for (const { id } of texts) {
      if (found?.[`c${id}`] === true) this.#readings.set(id, 'json');
    }
    const holdsFractions = this.#columns.exactColumns().length > 0;
    this.#readsLines ||= holdsFractions || found?.['isEmpty'] === true;
  }
}

/** The reader's own column: which of the files it reads. A column of that name hides it. */
const fileIndex = 'file_index';

type Keep = readonly '__file'[];
type RawOptions = { readonly malformed?: Malformed; readonly keep?: Keep };
type Guard = (value: string, type: string) => string;

/** How DuckDB's reader says that it can't make the types that it was asked for. */
const readerError = 'JSON transform error in file';

/** Of which members with the same key count, it leaves to its caller. */
function isTwice(message: string): boolean {
  return message.includes('has duplicate key');
}
