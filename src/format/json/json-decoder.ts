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
import {
  JsonColumns,
  type RawRecords,
  type Reading,
  type RecordCheck,
  suspectFault,
} from './json-columns.ts';
import { separateLines } from './isolate-lines.ts';
import { isAmbiguous } from './leaf/plain-text-leaf.ts';
import { linesOf, lineFault, type Malformed, readerOptions } from './line-reader.ts';
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
  readonly #readings: Reading[];
  /** Which table's record it was that a statement failed on: it may read several. */
  readonly #mark: string;
  #readsLines: boolean;
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
    this.#readings = [...this.#columns.cheapReadings()];
    this.#readsLines = table.lineBytesMax !== undefined;
    // What can't be decoded shows now, not at the first batch.
    this.fast([]);
  }

  fast(paths: readonly string[]): string {
    const raw = this.#readsLines ? this.#rawByLines(paths) : this.#rawByColumns(paths);
    const decoded = this.#namesFaults
      ? this.#columns.decoded(raw, this.#readings)
      : this.#columns.screened(raw, this.#readings);
    return guarded(decoded, (guard) => this.#columns.named(guard), this.#mark);
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
    const index = this.#columns.columns.findIndex(
      ({ type }, at) =>
        type.kind === 'text' &&
        this.#readings[at] === 'plain' &&
        message.includes(`${this.#mark} examine:${at};`),
    );
    if (index >= 0) this.#readings[index] = 'json';
    return index >= 0;
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
      ? this.#rawByLines(paths, 'is_null')
      : this.#rawByColumns(paths, 'is_null');
    return this.#columns.decoded(raw, this.#readings);
  }

  #rawByColumns(paths: readonly string[], malformed?: Malformed): RawRecords {
    const raw = this.#columns.columns.map(({ name }, index) => `${quoteName(name)} AS r${index}`);
    const all = this.#columns.columns.map((_, index) => `r${index} IS NULL`).join(' AND ');
    const fractions = this.#columns
      .exactColumns()
      .map((index) => holdsFraction(`r${index}::VARCHAR`));
    const hasFraction = fractions.length === 0 ? 'false' : fractions.join(' OR ');
    const options = readerOptions(paths, this.#table, malformed);
    return {
      select: `SELECT ${raw.join(', ')} FROM read_json(${options},
        records = 'true', columns = ${this.#columns.readerColumns(this.#readings)})`,
      keep: [],
      fault: `CASE WHEN ${all} THEN 'examine' WHEN ${hasFraction} THEN '${fractionFault}' END`,
      suspect: `((${all}) OR ${hasFraction})`,
    };
  }

  #rawByLines(paths: readonly string[], malformed?: Malformed): RawRecords {
    const lines = linesOf(paths, this.#table, malformed);
    return this.#columns.fromLines(lines, this.#readings, [], this.#lineCheck(undefined));
  }

  #decodedLines(lines: string, mark: string | undefined): string {
    const readings = this.#columns.columns.map(() => 'json' as const);
    const raw = this.#columns.fromLines(lines, readings, ['__line'], this.#lineCheck(mark));
    const keep = ['__line', ...this.#columns.columns.map((_, index) => `r${index}`)];
    return this.#columns.decoded({ ...raw, keep }, readings, mark);
  }

  #lineCheck(mark: string | undefined): RecordCheck {
    const exact = this.#columns.exactColumns();
    const values = exact.map((index) => `r${index}::VARCHAR`);
    const areNumbers = exact.every((at) => this.#columns.columns[at]?.type.kind === 'decimal');
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
    const texts = this.#columns.columns.flatMap(({ name, type }, index) =>
      type.kind === 'text' && this.#readings[index] === 'plain' ? [{ name, index }] : [],
    );
    const names = this.#columns.columns.map(({ name }) => `${quoteName(name)} IS NULL`);
    const tests = texts.map(
      ({ name, index }) => `bool_or(${isAmbiguous(quoteName(name))}) AS c${index},`,
    );
    const [found] = await connection.rows(`SELECT ${tests.join(' ')}
      bool_or(${names.join(' AND ')}) AS isEmpty FROM (${rows})`);
    for (const { index } of texts) {
      if (found?.[`c${index}`] === true) this.#readings[index] = 'json';
    }
    const holdsFractions = this.#columns.exactColumns().length > 0;
    this.#readsLines ||= holdsFractions || found?.['isEmpty'] === true;
  }
}
