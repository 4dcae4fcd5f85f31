import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { Batch } from '../../event/record.ts';
import type { SourceTable } from '../../sql/script.ts';
import { BatchRecords } from '../batch-records.ts';
import { fieldColumns } from '../field-columns.ts';
import type { Decoder, IsolateContext, IsolatedBatch } from '../format.ts';
import { isolatedBatch } from '../isolated-batch.ts';
import { type Reason, Rejections } from '../rejected-records.ts';
import { guarded, pathList } from '../sql-parts.ts';

/**
 * Lines as they are, each in one column: TEXT for `raw_string`, which takes UTF-8 only, BYTEA for
 * `raw_bytes`. A line ends with LF or CR LF; lines without any byte are no records.
 */
export class RawDecoder implements Decoder {
  readonly #table: SourceTable;
  readonly #kind: 'raw_string' | 'raw_bytes';
  readonly #column: string;

  constructor(table: SourceTable, kind: 'raw_string' | 'raw_bytes') {
    const [column] = fieldColumns(table);
    assert(column !== undefined, 'the format gives one column');
    this.#table = table;
    this.#kind = kind;
    this.#column = quoteName(column.name);
  }

  fast(paths: readonly string[]): string {
    const lines = this.#kind === 'raw_string' ? textLines(paths) : byteLines(paths);
    const type = this.#kind === 'raw_string' ? 'VARCHAR' : 'BLOB';
    const length = this.#kind === 'raw_string' ? 'strlen' : 'octet_length';
    const bytesMax = this.#table.lineBytesMax;
    const fault =
      bytesMax === undefined ? 'NULL' : `CASE WHEN ${length}(v0) > ${bytesMax} THEN 1 END`;
    return guarded(
      `SELECT v0, ${fault} AS fault FROM (${lines})`,
      (guard) => `${guard('v0', type)} AS ${this.#column}`,
    );
  }

  /** Writes the clean lines in hexadecimal, which DuckDB reads back whatever their bytes are. */
  async isolate(
    _connection: Connection,
    batch: Batch,
    context: IsolateContext,
  ): Promise<IsolatedBatch> {
    const records = await BatchRecords.ofLines(batch, 'empty');
    const rejections = new Rejections();
    const clean: string[] = ['row,line\n'];
    for (let line = 0; line < records.count; line++) {
      const raw = records.text(line);
      const problem = this.#problemOf(raw);
      if (problem === undefined) {
        clean.push(`${line},${raw.toString('hex')}\n`);
      } else rejections.add(line, rejections.reason(problem));
    }
    const path = join(context.scratchDirectory, `${randomBytes(8).toString('hex')}.csv`);
    await writeFile(path, clean.join(''));
    const bytes = 'unhex(line)';
    return isolatedBatch({
      batch,
      records,
      rejections,
      context,
      sql: `SELECT ${this.#kind === 'raw_string' ? `decode(${bytes})` : bytes} AS ${this.#column},
        row AS __row
        FROM read_csv(${quoteText(path)}, header = true, auto_detect = false, delim = ',',
          columns = {row: 'BIGINT', line: 'VARCHAR'}, max_line_size = ${longestLine(clean)})`,
      release: async () => await rm(path, { force: true }),
    });
  }

  #problemOf(raw: Buffer): Reason | undefined {
    const bytesMax = this.#table.lineBytesMax;
    if (bytesMax !== undefined && raw.length > bytesMax) {
      const message = `The line has ${raw.length} bytes; ${bytesMax} are allowed.`;
      return { code: 'too_long', message };
    }
    if (this.#kind === 'raw_string' && !isUtf8(raw)) {
      return { code: 'invalid_utf8', message: 'The line is not valid UTF-8.' };
    }
    return undefined;
  }
}

function longestLine(lines: readonly string[]): number {
  return lines.reduce((longest, line) => Math.max(longest, line.length + 16), 2_097_152);
}

/** `read_text` fails where a file is not UTF-8. */
function textLines(paths: readonly string[]): string {
  return `SELECT CASE WHEN ends_with(part, E'\\r') THEN left(part, -1) ELSE part END AS v0 FROM (
    SELECT unnest(string_split(content, E'\\n')) AS part FROM read_text(${pathList(paths)}))
    WHERE part NOT IN ('', E'\\r')`;
}

/**
 * DuckDB splits no BLOBs, but hexadecimal text by a pattern: pairs of digits that are not `0A`,
 * then `0A` or the end. Each match starts where the one before ended, so pairs never come out of
 * step.
 */
function byteLines(paths: readonly string[]): string {
  const pairs = '((?:[1-9A-F][0-9A-F]|0[0-9B-F])*)(?:0A|$)';
  return `SELECT unhex(CASE WHEN ends_with(part, '0D') THEN left(part, -2) ELSE part END) AS v0
    FROM (SELECT unnest(regexp_extract_all(hex(content), '${pairs}', 1)) AS part
    FROM read_blob(${pathList(paths)})) WHERE part NOT IN ('', '0D')`;
}
