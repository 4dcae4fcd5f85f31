import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { Batch } from '../../event/record.ts';
import type { SourceColumn, SourceTable } from '../../sql/script.ts';
import type { BatchRecords } from '../batch-records.ts';
import { isBadRecordError, type IsolateContext } from '../format.ts';
import { Rejections } from '../rejected-records.ts';
import { excerptLengthMax, faultMessage } from './fault-message.ts';
import { findTooLong, type SeparatedLines } from './isolate-lines.ts';
import { memberText } from './member-text.ts';

export type LineScreening = {
  readonly connection: Connection;
  readonly batch: Batch;
  /** They are read while DuckDB reads them too. */
  readonly records: Promise<BatchRecords>;
  readonly context: IsolateContext;
  readonly table: SourceTable;
  readonly columns: readonly SourceColumn[];
  /**
   * SELECT of `v0`… and `fault`, one row a line, in the lines' order, whatever the lines hold. A
   * fault without a column, or `examine`, says no more than that it can't tell.
   */
  readonly decoded: string;
  /** What becomes of some of the records, which a batch of their own holds, looked at closely. */
  readonly closely: (batch: Batch, records: BatchRecords) => Promise<SeparatedLines>;
};

export type ScreenedLines = SeparatedLines & {
  /** The clean rows among those that were looked at closely: the fast path failed on them too. */
  readonly spared: string | undefined;
};

/**
 * Parts the clean lines of a batch from the others as the fast path reads them, at the fast path's
 * cost: most faults are known so. Only the lines that it can't tell about are read closely.
 * Undefined where it can't read the batch.
 */
export async function screenLines(screening: LineScreening): Promise<ScreenedLines | undefined> {
  const { connection, context } = screening;
  const work = new Work(connection, context);
  try {
    const records = await readRows(screening, work);
    if (records === undefined) {
      await work.release();
      return undefined;
    }
    const { rejections, unclear } = await findFaults(screening, work, records);
    const rows = rowsOf(screening, work);
    const release = async (): Promise<void> => await work.release();
    if (unclear.length === 0) return { rejections, sql: rows, spared: undefined, release };
    const close = await readClosely(screening, { work, records, unclear });
    work.alsoRelease(close.release);
    rejections.addAll(close.rejections, (line) => lineOf(unclear, line));
    if (close.rejections.count === unclear.length) {
      return { rejections, sql: rows, spared: undefined, release };
    }
    await connection.execute(`CREATE TEMP TABLE ${quoteName(work.unclear)} (number INTEGER)`);
    await connection.append(work.unclear, unclear.length, [
      { type: 'number', at: (row) => unclear[row] ?? 0 },
    ]);
    const unclearOnes = quoteName(work.unclear);
    const names = screening.columns.map(({ name }) => quoteName(name)).join(', ');
    const sql = `SELECT * FROM (${rows} UNION ALL SELECT ${names}, number AS __row
      FROM (${close.sql}) AS spared JOIN ${unclearOnes} ON ${unclearOnes}.rowid = spared.__row)
      ORDER BY __row`;
    return { rejections, sql, spared: close.sql, release };
  } catch (thrown) {
    await work.release();
    throw thrown;
  }
}

/** The temporary tables and the file of one screening. */
class Work {
  readonly #nonce = randomBytes(8).toString('hex');
  readonly #connection: Connection;
  readonly #releases: (() => Promise<void>)[] = [];
  /** Columns `v0`…, `fault`; a row's `rowid` is the number of its record. */
  readonly rows: string;
  /** Column `number`, of the records that are looked at closely; its bare name. */
  readonly unclear: string;
  readonly file: string;

  constructor(connection: Connection, context: IsolateContext) {
    this.#connection = connection;
    this.rows = quoteName(`__screened_${this.#nonce}`);
    this.unclear = `__unclear_${this.#nonce}`;
    this.file = join(context.scratchDirectory, `${this.#nonce}-unclear.ndjson`);
  }

  alsoRelease(release: () => Promise<void>): void {
    this.#releases.push(release);
  }

  async release(): Promise<void> {
    await this.#connection.execute(
      `DROP TABLE IF EXISTS ${this.rows}; DROP TABLE IF EXISTS ${quoteName(this.unclear)}`,
    );
    await rm(this.file, { force: true });
    for (const release of this.#releases) await release();
  }
}

/** The records, where there is a row for each now: else DuckDB saw other lines than the index. */
async function readRows(screening: LineScreening, work: Work): Promise<BatchRecords | undefined> {
  const [isMade, found] = await Promise.allSettled([makeRows(screening, work), screening.records]);
  if (isMade.status === 'rejected') throw isMade.reason;
  if (found.status === 'rejected') throw found.reason;
  const records = found.value;
  if (!isMade.value || findTooLong(records, screening.table).size > 0) return undefined;
  // A table that was made at once and never changed numbers its rows in their order.
  const [made] = await screening.connection.rows(
    `SELECT count(*) AS rows, coalesce(max(rowid), -1) AS last FROM ${work.rows}`,
  );
  const isEach =
    Number(made?.['rows']) === records.count && Number(made?.['last']) === records.count - 1;
  return isEach ? records : undefined;
}

async function makeRows(
  { connection, columns, decoded }: LineScreening,
  work: Work,
): Promise<boolean> {
  const values = columns.map((_, index) => `v${index}`).join(', ');
  try {
    await connection.execute(
      `CREATE TEMP TABLE ${work.rows} AS SELECT ${values}, fault FROM (${decoded})`,
    );
    return true;
  } catch (thrown) {
    if (thrown instanceof HeliosError && isBadRecordError(thrown)) return false;
    throw thrown;
  }
}

async function findFaults(
  { connection, columns }: LineScreening,
  work: Work,
  records: BatchRecords,
): Promise<{ readonly rejections: Rejections; readonly unclear: readonly number[] }> {
  const rejections = new Rejections();
  const unclear: number[] = [];
  const [texts = []] = await connection.columns(
    `SELECT DISTINCT fault FROM ${work.rows} WHERE fault IS NOT NULL`,
  );
  if (texts.length === 0) return { rejections, unclear };
  const kinds = texts.map((text) => columnFault(String(text), columns, rejections));
  // Numbers are read ten times as fast as texts.
  const known = texts.map((text) => quoteText(String(text))).join(', ');
  const number = `list_position([${known}], fault)`;
  const [lines = [], numbers = []] = await connection.columns(
    `SELECT rowid::INTEGER, (${number} - 1)::INTEGER FROM ${work.rows}
      WHERE fault IS NOT NULL ORDER BY rowid`,
  );
  for (const [index, found] of lines.entries()) {
    const line = Number(found);
    const kind = kinds[Number(numbers[index])];
    if (kind === undefined || records.fault(line) !== undefined) unclear.push(line);
    else rejections.add(line, kind(records, line));
  }
  return { rejections, unclear };
}

/** The number of the reason of a line that has this fault. */
type ColumnFault = (records: BatchRecords, line: number) => number;

/** Undefined for a fault that says no more than that a closer look is needed. */
function columnFault(
  text: string,
  columns: readonly SourceColumn[],
  rejections: Rejections,
): ColumnFault | undefined {
  const [code = '', number] = text.split(':');
  const column = number === undefined ? undefined : columns[Number(number)];
  if (code === 'examine' || column === undefined) return undefined;
  const numbers = new Map<string | undefined, number>();
  return (records, line) => {
    const excerpt = code === 'missing_field' ? undefined : excerptOf(records, line, column.name);
    const known = numbers.get(excerpt);
    if (known !== undefined) return known;
    const made = rejections.reason(faultMessage(code, column, excerpt));
    numbers.set(excerpt, made);
    return made;
  };
}

/** The beginning of a column's value, as it stands in the line. */
function excerptOf(records: BatchRecords, line: number, name: string): string | undefined {
  return memberText(records.lineText(line), name)?.slice(0, excerptLengthMax + 1);
}

function rowsOf({ columns }: LineScreening, work: Work): string {
  const values = columns.map(({ name }, index) => `v${index} AS ${quoteName(name)}`);
  return `SELECT ${values.join(', ')}, rowid AS __row FROM ${work.rows} WHERE fault IS NULL`;
}

async function readClosely(
  { batch, closely }: LineScreening,
  of: { readonly work: Work; readonly records: BatchRecords; readonly unclear: readonly number[] },
): Promise<SeparatedLines> {
  const { work, records, unclear } = of;
  let byteLength = 0;
  for (const line of unclear) byteLength += records.byteLength(line) + 1;
  const bytes = Buffer.allocUnsafeSlow(byteLength);
  let at = 0;
  for (const line of unclear) {
    const text = records.text(line);
    bytes.set(text, at);
    at += text.length;
    bytes[at++] = lineFeed;
  }
  await writeFile(work.file, bytes);
  const content = { kind: 'lines', path: work.file, byteLength } as const;
  return await closely({ ...batch, content }, records.only(unclear));
}

const lineFeed = 10;

function lineOf(unclear: readonly number[], line: number): number {
  const number = unclear[line];
  assert(number !== undefined, `no line ${line} of ${unclear.length}`);
  return number;
}
