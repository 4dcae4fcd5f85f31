import { asHeliosError } from '../base/errors.ts';
import type { ResultColumnInfo } from './process/messages.ts';
import { csvHeader } from './process/result-sql.ts';
import type { ResultFormat, Saw } from './query.ts';

export const contentTypes: Readonly<Record<ResultFormat, string>> = {
  json: 'application/json',
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
  arrow: 'application/vnd.apache.arrow.stream',
};

/** What a finished query says of its result. */
export type ResultEnd = {
  readonly rowCount: number;
  readonly isTruncated: boolean;
  readonly durationMs: number;
};

export type ResultDocument = {
  readonly format: ResultFormat;
  readonly columns: readonly ResultColumnInfo[];
  readonly saw: readonly Saw[];
  /** The bytes that the query's process wrote. */
  readonly rows: AsyncIterable<Uint8Array>;
  /** Called after the last of `rows`. */
  readonly end: () => Promise<ResultEnd>;
};

/**
 * The bytes of an answer: what its format has before and after the rows, and the rows as they came.
 */
export async function* resultBody(document: ResultDocument): AsyncGenerator<Uint8Array> {
  const { format, rows } = document;
  if (format === 'parquet' || format === 'arrow') {
    yield* rows;
    await document.end();
    return;
  }
  const start = head(document);
  if (start !== '') yield Buffer.from(start);
  // Each JSON row begins with a comma: the first one's is dropped.
  const tail = new LastByte(format === 'json' ? 1 : 0);
  const whole = format === 'ndjson' ? wholeLines(rows) : rows;
  for await (const bytes of whole) yield* tail.push(bytes);
  const end = await document.end();
  if (!end.isTruncated) yield* tail.rest();
  if (format === 'json') yield Buffer.from(foot(document, end));
}

/**
 * A failure in mid-stream becomes the last line; what stood before it are whole lines. Nothing else
 * of the formats can say that it is not complete: they break off.
 */
export async function* withErrorLine(lines: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  try {
    for await (const bytes of lines) {
      isFirst = false;
      yield bytes;
    }
  } catch (thrown) {
    const { code, message, hint, position, details } = asHeliosError(thrown);
    const line = JSON.stringify({ error: { code, message, hint, position, details } });
    // The end of the last line had been held back.
    yield Buffer.from(`${isFirst ? '' : '\n'}${line}\n`);
  }
}

/** Keeps the beginning of a line until the rest of it is there. */
async function* wholeLines(rows: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let begun: Uint8Array[] = [];
  for await (const bytes of rows) {
    const end = bytes.lastIndexOf(lineFeed) + 1;
    if (end > 0) {
      yield Buffer.concat([...begun, bytes.subarray(0, end)]);
      begun = [];
    }
    if (end < bytes.byteLength) begun.push(bytes.subarray(end));
  }
}

const lineFeed = 10;

function head({ format, columns }: ResultDocument): string {
  if (format === 'json') return `{"columns":${JSON.stringify(columns)},"rows":[`;
  return format === 'csv' ? csvHeader(columns.map((column) => column.name)) : '';
}

function foot({ saw }: ResultDocument, end: ResultEnd): string {
  const facts = {
    row_count: end.rowCount,
    truncated: end.isTruncated,
    saw,
    ms: Math.round(end.durationMs),
  };
  return `],${JSON.stringify(facts).slice(1)}\n`;
}

/**
 * Passes bytes on but for the last one, which is a line's end: that of the empty line which says
 * that there were more rows, if there were.
 */
class LastByte {
  #skip: number;
  #held: Uint8Array = new Uint8Array();

  constructor(skip: number) {
    this.#skip = skip;
  }

  *push(bytes: Uint8Array): Generator<Uint8Array> {
    const wanted = bytes.subarray(this.#skip);
    this.#skip -= bytes.byteLength - wanted.byteLength;
    if (wanted.byteLength === 0) return;
    if (this.#held.byteLength > 0) yield this.#held;
    if (wanted.byteLength > 1) yield wanted.subarray(0, -1);
    this.#held = wanted.subarray(-1);
  }

  *rest(): Generator<Uint8Array> {
    if (this.#held.byteLength > 0) yield this.#held;
  }
}
