import { assert } from '../../base/assert.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteName } from '../../engine/types.ts';
import type { Batch } from '../../event/record.ts';
import type { SourceColumn, SourceTable } from '../../sql/script.ts';
import { fieldColumns } from '../field-columns.ts';
import type { Decoder, IsolateContext, IsolatedBatch } from '../format.ts';
import { BatchRecords } from '../batch-records.ts';
import { guarded } from '../sql-parts.ts';
import { isolateLines } from './isolate-lines.ts';
import { inputOf } from './leaf/leaf.ts';
import { lineFault, linesOf } from './line-reader.ts';
import { jsonLeaf } from './leaf/scalar-leaf.ts';

/**
 * Any JSON value, one a line, kept as its text in one TEXT or JSON column. The text is the line's
 * own, without the white space around it.
 */
export class UnstructuredDecoder implements Decoder {
  readonly #table: SourceTable;
  readonly #column: SourceColumn;

  constructor(table: SourceTable) {
    this.#table = table;
    const [column] = fieldColumns(table);
    assert(column !== undefined, 'the format gives one column');
    this.#column = column;
  }

  fast(paths: readonly string[]): string {
    const decoded = this.#decoded(linesOf(paths, this.#table), false);
    const type = this.#column.type.kind === 'json' ? 'JSON' : 'VARCHAR';
    return guarded(decoded, (guard) => `${guard('v0', type)} AS ${quoteName(this.#column.name)}`);
  }

  async isolate(
    connection: Connection,
    batch: Batch,
    context: IsolateContext,
  ): Promise<IsolatedBatch> {
    return await isolateLines({
      connection,
      batch,
      records: await BatchRecords.ofLines(batch, 'white_space'),
      context,
      table: this.#table,
      columns: [this.#column],
      decoded: (lines, mark) => this.#decoded(lines, mark !== undefined, mark),
    });
  }

  #decoded(lines: string, isExamined: boolean, mark?: string): string {
    const leaf = jsonLeaf(inputOf('line', mark), { timestampFormat: 'rfc3339', mark });
    const isJson = this.#column.type.kind === 'json';
    const value = isExamined || isJson ? leaf.value : 'line';
    const fault = isJson ? leaf.fault(value) : 'NULL';
    const keep = lines.includes('__line') ? '__line, line AS r0,' : '';
    return `SELECT ${keep} ${value} AS v0,
      CASE ${lineFault(this.#table)} ELSE ${fault} END AS fault FROM (${lines})`;
  }
}
