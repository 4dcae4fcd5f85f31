import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { Batch } from '../../event/record.ts';
import type { SourceColumn, SourceTable } from '../../sql/script.ts';
import type { IsolateContext, IsolatedBatch } from '../format.ts';
import type { BatchRecords } from '../batch-records.ts';
import { isolatedBatch } from '../isolated-batch.ts';
import { examine, markedPattern } from './examine.ts';
import { excerptLengthMax, faultMessage, lineProblem } from './fault-message.ts';
import { type Reason, Rejections } from '../rejected-records.ts';
import { lineBytesDefault } from './line-reader.ts';
import { TextFile } from './text-file.ts';

export type LineIsolation = {
  readonly connection: Connection;
  readonly batch: Batch;
  readonly records: BatchRecords;
  readonly context: IsolateContext;
  readonly table: SourceTable;
  readonly columns: readonly SourceColumn[];
  /**
   * SELECT of the records' texts as `line` (JSON, or NULL), and of what else `decoded` needs, in
   * their order; the longest line of the file has so many bytes. Undefined where the file's own
   * lines are the texts.
   */
  readonly texts?: (longestBytes: number) => string;
  /**
   * SELECT of `__line`, `r0`…, `v0`… and `fault` over a SELECT of `__line`, `line` and what `texts`
   * yields. With a mark, the lines are examined ones.
   */
  readonly decoded: (lines: string, mark: string | undefined) => string;
};

/** Faults of a batch for which a parser is asked what it did not like: exceptions are slow. */
const detailedMax = 1000;

/** What became of the lines of a batch. */
export type SeparatedLines = {
  readonly rejections: Rejections;
  /** A SELECT of the columns of the clean lines, in their order, with the line's number `__row`. */
  readonly sql: string;
  readonly release: () => Promise<void>;
};

export async function isolateLines(isolation: LineIsolation): Promise<IsolatedBatch> {
  const { batch, records, context } = isolation;
  return isolatedBatch({ batch, records, context, ...(await separateLines(isolation)) });
}

/**
 * Parts the clean lines of a batch from the others. DuckDB does the work: its reader gives NULL for
 * a line that is no JSON, in the lines' order, and the expressions of the fast path say what else
 * is wrong. JavaScript looks only at the lines that can't become rows, and at those whose numbers
 * need care.
 */
export async function separateLines(isolation: LineIsolation): Promise<SeparatedLines> {
  const { connection, records, context, table } = isolation;
  const names = new WorkNames(context);
  try {
    const tooLong = findTooLong(records, table);
    await readLines(isolation, names, tooLong);
    await decodeLines(isolation, names);
    const rejections = new Rejections();
    const examinedCount = await examineLines(isolation, names, rejections);
    await findFaults(isolation, { names, tooLong, rejections });
    return {
      rejections,
      sql: rowsOf(isolation, names, examinedCount),
      release: () => names.release(connection),
    };
  } catch (thrown) {
    await names.release(connection);
    throw thrown;
  }
}

/** The temporary tables and files of one isolation. */
class WorkNames {
  readonly #nonce = randomBytes(8).toString('hex');
  readonly #context: IsolateContext;
  readonly #files: string[] = [];
  readonly lines: string;
  readonly rows: string;

  constructor(context: IsolateContext) {
    this.#context = context;
    this.lines = quoteName(`__lines_${this.#nonce}`);
    this.rows = quoteName(`__rows_${this.#nonce}`);
  }

  /** Starts the strings that stand for numbers: no sender can know it. */
  get mark(): string {
    return `number ${this.#nonce} `;
  }

  file(name: string): string {
    const path = join(this.#context.scratchDirectory, `${this.#nonce}-${name}`);
    this.#files.push(path);
    return path;
  }

  async release(connection: Connection): Promise<void> {
    await connection.execute(
      `DROP TABLE IF EXISTS ${this.lines}; DROP TABLE IF EXISTS ${this.rows}`,
    );
    for (const file of this.#files) await rm(file, { force: true });
  }
}

/** Lines that are longer than the table, or the reader, takes. */
export function findTooLong(records: BatchRecords, table: SourceTable): ReadonlySet<number> {
  const bytesMax = table.lineBytesMax ?? lineBytesDefault;
  const tooLong = new Set<number>();
  for (let line = 0; line < records.count; line++) {
    if (records.byteLength(line) <= bytesMax) continue;
    if (records.text(line).toString('latin1').trim().length > bytesMax) tooLong.add(line);
  }
  return tooLong;
}

/** The lines with a minus sign, which is no JSON, in the place of each line of `left`. */
function withoutLines(records: BatchRecords, left: ReadonlySet<number>): Buffer {
  const parts: Uint8Array[] = [];
  const [noJson, lineEnd] = [new Uint8Array([0x2d]), new Uint8Array([0x0a])];
  for (let line = 0; line < records.count; line++) {
    parts.push(left.has(line) ? noJson : Uint8Array.from(records.text(line)), lineEnd);
  }
  return Buffer.concat(parts);
}

async function readLines(
  isolation: LineIsolation,
  names: WorkNames,
  tooLong: ReadonlySet<number>,
): Promise<void> {
  const { connection, records } = isolation;
  let longest = 0;
  for (let line = 0; line < records.count; line++) {
    longest = Math.max(longest, records.byteLength(line));
  }
  const texts = isolation.texts?.(longest) ?? (await ownLines(isolation, names, tooLong, longest));
  await connection.execute(`CREATE TEMP TABLE ${names.lines} AS
    SELECT row_number() OVER () - 1 AS __line, * FROM (${texts})`);
  const [counted] = await connection.rows(`SELECT count(*) AS lines FROM ${names.lines}`);
  const count = Number(counted?.['lines']);
  assert(count === records.count, `DuckDB read ${count} lines of ${records.count}`);
}

/** The lines of the batch's file; those that are too long are left out. */
async function ownLines(
  { batch, records }: LineIsolation,
  names: WorkNames,
  tooLong: ReadonlySet<number>,
  longest: number,
): Promise<string> {
  const path = tooLong.size === 0 ? batch.content.path : names.file('short.ndjson');
  if (tooLong.size > 0) await writeFile(path, withoutLines(records, tooLong));
  const objectBytes = Math.max(16 * 1024 * 1024, longest + 1024);
  return `SELECT json::VARCHAR AS line
    FROM read_ndjson_objects(${quoteText(path)}, format = 'newline_delimited',
      compression = 'uncompressed', hive_partitioning = false, ignore_errors = true,
      maximum_object_size = ${objectBytes})`;
}

async function decodeLines(isolation: LineIsolation, names: WorkNames): Promise<void> {
  const select = rowSelect(isolation, `SELECT * FROM ${names.lines}`, undefined);
  await isolation.connection.execute(`CREATE TEMP TABLE ${names.rows} AS ${select}`);
}

/** Columns of the work table: `__line`, `v0`…, `fault`, `excerpt` of the value at fault. */
function rowSelect(isolation: LineIsolation, lines: string, mark: string | undefined): string {
  const values = isolation.columns.map((_, index) => `v${index}`).join(', ');
  const excerpts = isolation.columns
    .map((_, index) => `WHEN ${index} THEN left(${shown(index, mark)}, ${excerptLengthMax + 1})`)
    .join(' ');
  return `SELECT __line, ${values}, fault,
    CASE WHEN contains(fault, ':') THEN CASE split_part(fault, ':', 2)::INTEGER ${excerpts} END END
    AS excerpt FROM (${isolation.decoded(lines, mark)})`;
}

/** JSON text of a value as it came: marked numbers are numbers again. */
function shown(index: number, mark: string | undefined): string {
  const text = `r${index}::VARCHAR`;
  if (mark === undefined) return text;
  return `regexp_replace(${text}, ${quoteText(markedPattern(mark))}, '\\1', 'g')`;
}

/**
 * Looks at the lines that the expressions could not decide on, and decodes them again, exactly.
 * Gives how many they were.
 */
async function examineLines(
  isolation: LineIsolation,
  names: WorkNames,
  rejections: Rejections,
): Promise<number> {
  const { connection, records } = isolation;
  const isOpen = `starts_with(fault, 'examine')`;
  const [open = []] = await connection.columns(
    `SELECT __line::INTEGER FROM ${names.rows} WHERE ${isOpen} ORDER BY __line`,
  );
  if (open.length === 0) return 0;
  const path = names.file('exact.ndjson');
  await using rewritten = await TextFile.create(path);
  for (const found of open) {
    const line = Number(found);
    // A text of several lines is one line here: in JSON, their ends are nothing but white space.
    const text = records.text(line).toString('utf8').replaceAll('\n', '\r');
    const examined = examine(text, names.mark);
    if (examined.kind === 'rejected') rejections.add(line, rejections.reason(examined));
    else await rewritten.add(`{"line":${line},"text":${examined.text}}\n`);
  }
  await rewritten.flush();
  await connection.execute(`DELETE FROM ${names.rows} WHERE ${isOpen}`);
  if (rejections.count === open.length) return open.length;
  const lines = `SELECT ${names.lines}.* REPLACE (exact.text::VARCHAR AS line) FROM ${names.lines}
    JOIN read_json(${quoteText(path)}, format = 'newline_delimited', records = 'true',
      compression = 'uncompressed', hive_partitioning = false,
      maximum_object_size = ${objectBytesFor(rewritten)}, columns = {line: 'BIGINT', text: 'JSON'})
      AS exact ON exact.line = __line`;
  await connection.execute(`INSERT INTO ${names.rows} ${rowSelect(isolation, lines, names.mark)}`);
  return open.length;
}

function objectBytesFor({ longest }: TextFile): number {
  return Math.max(3 * longest, 16 * 1024 * 1024);
}

async function findFaults(
  isolation: LineIsolation,
  {
    names,
    tooLong,
    rejections,
  }: {
    readonly names: WorkNames;
    readonly tooLong: ReadonlySet<number>;
    readonly rejections: Rejections;
  },
): Promise<void> {
  const { records } = isolation;
  const [lines = [], codes = [], excerpts = []] = await isolation.connection.columns(
    `SELECT __line::INTEGER, fault, excerpt FROM ${names.rows} WHERE fault IS NOT NULL`,
  );
  const reasonOf = (line: number, text: string, number: number): Reason => {
    const known = records.fault(line);
    if (known !== undefined) return known;
    const [code = '', column] = text.split(':');
    if (tooLong.has(line) || column === undefined) {
      const isDetailed = number < detailedMax;
      const problem = tooLong.has(line) ? 'too_long' : code;
      return lineProblem(problem, records.content(line).raw, isDetailed);
    }
    const at = isolation.columns[Number(column)];
    assert(at !== undefined, `no column ${column}`);
    const excerpt = excerpts[number] === null ? undefined : String(excerpts[number]);
    return faultMessage(code, at, excerpt);
  };
  for (const [number, text] of codes.entries()) {
    const line = Number(lines[number]);
    rejections.add(line, rejections.reason(reasonOf(line, String(text), number)));
  }
}

/** Lines that were examined are at the table's end; else its rows are in the lines' order. */
function rowsOf(isolation: LineIsolation, names: WorkNames, examinedCount: number): string {
  const order = examinedCount === 0 ? '' : 'ORDER BY __line';
  const values = isolation.columns.map(({ name }, index) => `v${index} AS ${quoteName(name)}`);
  return `SELECT ${values.join(', ')}, __line AS __row
    FROM ${names.rows} WHERE fault IS NULL ${order}`;
}
