import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { Batch } from '../../event/record.ts';
import type { RejectedRecord, RejectionCode } from '../../event/rejected.ts';
import type { SourceColumn, SourceTable } from '../../sql/script.ts';
import type { IsolateContext, IsolatedBatch } from '../format.ts';
import { isolatedBatch } from '../isolated-batch.ts';
import { RecordIndex } from '../record-index.ts';
import { examine, markedPattern } from './examine.ts';
import { faultMessage, lineProblem } from './fault-message.ts';
import { lineBytesDefault } from './line-reader.ts';

/** A record that is not clean: which one, and why. */
type Fault = { readonly line: number; readonly code: RejectionCode; readonly message: string };

export type LineIsolation = {
  readonly connection: Connection;
  readonly batch: Batch;
  readonly context: IsolateContext;
  readonly table: SourceTable;
  readonly columns: readonly SourceColumn[];
  /**
   * SELECT of `__line`, `r0`…, `v0`… and `fault` over a SELECT of `__line` and `line`. With a mark,
   * the lines are examined ones.
   */
  readonly decoded: (lines: string, mark: string | undefined) => string;
};

/** Characters of a value that a message shows. */
const excerptLength = 80;

/** Faults of a batch for which a parser is asked what it did not like: exceptions are slow. */
const detailedMax = 1000;

/**
 * Parts the clean lines of a batch from the others. DuckDB does the work: its reader gives NULL for
 * a line that is no JSON, in the lines' order, and the expressions of the fast path say what else
 * is wrong. JavaScript looks only at the lines that can't become rows, and at those whose numbers
 * need care.
 */
export async function isolateLines(isolation: LineIsolation): Promise<IsolatedBatch> {
  const { connection, batch, context, table } = isolation;
  assert(batch.content.kind === 'lines', 'JSON is read from lines');
  const index = new RecordIndex(await readFile(batch.content.path), 'white_space');
  const names = new WorkNames(context);
  try {
    const tooLong = findTooLong(index, table);
    const path = tooLong.size === 0 ? batch.content.path : names.file('short.ndjson');
    if (tooLong.size > 0) await writeFile(path, withoutLines(index, tooLong));
    await readLines(connection, names, path, index);
    await decodeLines(isolation, names);
    const examined = await examineLines(isolation, names, index);
    const found = await findFaults(isolation, names, index, tooLong);
    const faults = [...found, ...examined.faults].toSorted((one, other) => one.line - other.line);
    return isolatedBatch({
      batch,
      index,
      rejected: faults.map((fault) => toRejected(isolation, index, fault)),
      rejectedLines: faults.map((fault) => fault.line),
      sql: rowsOf(isolation, names, examined),
      release: () => names.release(connection),
    });
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

function findTooLong(index: RecordIndex, table: SourceTable): ReadonlySet<number> {
  const bytesMax = table.lineBytesMax ?? lineBytesDefault;
  const tooLong = new Set<number>();
  for (let line = 0; line < index.count; line++) {
    if (index.byteLength(line) <= bytesMax) continue;
    if (index.raw(line).toString('latin1').trim().length > bytesMax) tooLong.add(line);
  }
  return tooLong;
}

/** The file with a minus sign, which is no JSON, in the place of each line of `left`. */
function withoutLines(index: RecordIndex, left: ReadonlySet<number>): Buffer {
  const parts: Uint8Array[] = [];
  const [noJson, lineEnd] = [new Uint8Array([0x2d]), new Uint8Array([0x0a])];
  for (let line = 0; line < index.count; line++) {
    parts.push(left.has(line) ? noJson : index.raw(line), lineEnd);
  }
  return Buffer.concat(parts);
}

async function readLines(
  connection: Connection,
  names: WorkNames,
  path: string,
  index: RecordIndex,
): Promise<void> {
  let longest = 0;
  for (let line = 0; line < index.count; line++) {
    longest = Math.max(longest, index.byteLength(line));
  }
  const objectBytes = Math.max(16 * 1024 * 1024, longest + 1024);
  await connection.execute(`CREATE TEMP TABLE ${names.lines} AS
    SELECT row_number() OVER () - 1 AS __line, json::VARCHAR AS line
    FROM read_ndjson_objects(${quoteText(path)}, format = 'newline_delimited',
      compression = 'uncompressed', hive_partitioning = false, ignore_errors = true,
      maximum_object_size = ${objectBytes})`);
  const [counted] = await connection.rows(`SELECT count(*) AS lines FROM ${names.lines}`);
  const count = Number(counted?.['lines']);
  assert(count === index.count, `DuckDB read ${count} lines of ${index.count}`);
}

async function decodeLines(isolation: LineIsolation, names: WorkNames): Promise<void> {
  const select = rowSelect(isolation, `SELECT __line, line FROM ${names.lines}`, undefined);
  await isolation.connection.execute(`CREATE TEMP TABLE ${names.rows} AS ${select}`);
}

/** Columns of the work table: `__line`, `v0`…, `fault`, `excerpt` of the value at fault. */
function rowSelect(isolation: LineIsolation, lines: string, mark: string | undefined): string {
  const values = isolation.columns.map((_, index) => `v${index}`).join(', ');
  const excerpts = isolation.columns
    .map((_, index) => `WHEN ${index} THEN left(${shown(index, mark)}, ${excerptLength + 1})`)
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

type ExaminedLines = { readonly faults: readonly Fault[]; readonly count: number };

/** Looks at the lines that the expressions could not decide on, and decodes them again, exactly. */
async function examineLines(
  isolation: LineIsolation,
  names: WorkNames,
  index: RecordIndex,
): Promise<ExaminedLines> {
  const { connection } = isolation;
  const isOpen = `starts_with(fault, 'examine')`;
  const open = await connection.rows(
    `SELECT __line AS line FROM ${names.rows} WHERE ${isOpen} ORDER BY __line`,
  );
  if (open.length === 0) return { faults: [], count: 0 };
  const faults: Fault[] = [];
  const rewritten: string[] = [];
  for (const row of open) {
    const line = Number(row['line']);
    const examined = examine(index.raw(line).toString('utf8'), names.mark);
    if (examined.kind === 'rejected') {
      faults.push({ line, code: examined.code, message: examined.message });
    } else rewritten.push(`{"line":${line},"text":${examined.text}}\n`);
  }
  await connection.execute(`DELETE FROM ${names.rows} WHERE ${isOpen}`);
  if (rewritten.length === 0) return { faults, count: open.length };
  const path = names.file('exact.ndjson');
  await writeFile(path, rewritten.join(''));
  const lines = `SELECT line AS __line, text::VARCHAR AS line
    FROM read_json(${quoteText(path)}, format = 'newline_delimited', records = 'true',
      compression = 'uncompressed', hive_partitioning = false,
      maximum_object_size = ${longestOf(rewritten)}, columns = {line: 'BIGINT', text: 'JSON'})`;
  await connection.execute(`INSERT INTO ${names.rows} ${rowSelect(isolation, lines, names.mark)}`);
  return { faults, count: open.length };
}

function longestOf(lines: readonly string[]): number {
  return lines.reduce((longest, line) => Math.max(longest, 3 * line.length), 16 * 1024 * 1024);
}

async function findFaults(
  isolation: LineIsolation,
  names: WorkNames,
  index: RecordIndex,
  tooLong: ReadonlySet<number>,
): Promise<readonly Fault[]> {
  const rows = await isolation.connection.rows(
    `SELECT __line AS line, fault, excerpt FROM ${names.rows} WHERE fault IS NOT NULL`,
  );
  return rows.map((row, number) => {
    const line = Number(row['line']);
    const [code = '', column] = String(row['fault']).split(':');
    if (tooLong.has(line) || column === undefined) {
      const isDetailed = number < detailedMax;
      const problem = tooLong.has(line) ? 'too_long' : code;
      return { line, ...lineProblem(problem, index.raw(line), isDetailed) };
    }
    const at = isolation.columns[Number(column)];
    assert(at !== undefined, `no column ${column}`);
    const excerpt = row['excerpt'] === null ? undefined : String(row['excerpt']);
    return { line, ...faultMessage(code, at, excerpt, excerptLength) };
  });
}

/** Lines that were examined are at the table's end; else its rows are in the lines' order. */
function rowsOf(isolation: LineIsolation, names: WorkNames, examined: ExaminedLines): string {
  const order = examined.count === 0 ? '' : 'ORDER BY __line';
  const values = isolation.columns.map(({ name }, index) => `v${index} AS ${quoteName(name)}`);
  return `SELECT ${values.join(', ')}, row_number() OVER (${order}) - 1 AS __row
    FROM ${names.rows} WHERE fault IS NULL`;
}

function toRejected(isolation: LineIsolation, index: RecordIndex, fault: Fault): RejectedRecord {
  const { batch, context } = isolation;
  return {
    source: context.source,
    partition: batch.partition,
    position: batch.positionAt(index.start(fault.line)),
    rejectedAtMs: context.nowMs,
    code: fault.code,
    message: fault.message,
    raw: index.raw(fault.line),
  };
}
