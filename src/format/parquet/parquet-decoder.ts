import { assert } from '../../base/assert.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { duckdbType, quoteName, quoteText } from '../../engine/types.ts';
import type { Batch } from '../../event/record.ts';
import type { RejectionCode } from '../../event/rejected.ts';
import type { SourceColumn, SourceTable } from '../../sql/script.ts';
import { fieldColumns } from '../field-columns.ts';
import type { Decoder, IsolateContext, IsolatedBatch, RecordOrigin } from '../format.ts';
import { type Reason, Rejections } from '../rejected-records.ts';
import { guarded, pathList, typeName } from '../sql-parts.ts';
import { losslessTypes } from './parquet-types.ts';

/**
 * Rows of Parquet files. A column of a file must have the declared type, or one that widens to it
 * without loss: anything else is `invalid_config`, not a rejected record. Columns that the table
 * does not declare are ignored. A row is rejected only where a NOT NULL column has no value, or a
 * JSON one no JSON.
 */
export class ParquetDecoder implements Decoder {
  readonly #table: SourceTable;
  readonly #columns: readonly SourceColumn[];

  constructor(table: SourceTable) {
    this.#table = table;
    this.#columns = fieldColumns(table);
  }

  fast(paths: readonly string[]): string {
    return guarded(this.#decoded(paths), (guard) =>
      this.#columns
        .map(
          ({ name, type }, index) =>
            `${guard(`v${index}`, duckdbType(type))} AS ${quoteName(name)}`,
        )
        .join(', '),
    );
  }

  async isolate(
    connection: Connection,
    batch: Batch,
    context: IsolateContext,
  ): Promise<IsolatedBatch> {
    assert(batch.content.kind === 'parquet', 'Parquet is read from whole files');
    const { path } = batch.content;
    await this.#checkTypes(connection, batch.partition, path);
    const decoded = this.#decoded([path]);
    const faults = await connection.rows(
      `SELECT row, fault FROM (${decoded}) WHERE fault IS NOT NULL ORDER BY row`,
    );
    const [counted] = await connection.rows(`SELECT count(*) AS count FROM (${decoded})`);
    const values = this.#columns.map(({ name }, index) => `v${index} AS ${quoteName(name)}`);
    const rejections = new Rejections();
    for (const fault of faults) {
      rejections.add(Number(fault['row']), rejections.reason(this.#reason(fault)));
    }
    const { partition } = batch;
    const record = (row: number): RecordOrigin => ({
      partition,
      position: batch.to,
      raw: Buffer.from(`row ${row} of ${partition}`),
    });
    const { source, nowMs: rejectedAtMs } = context;
    return {
      sql: `SELECT ${values.join(', ')}, row AS __row
        FROM (${decoded}) WHERE fault IS NULL`,
      recordCount: Number(counted?.['count']),
      rejected: rejections.of({ source, partition, rejectedAtMs, record }),
      record,
      release: async () => {},
    };
  }

  /** `v0`…, `row` (number in its file) and `fault`. */
  #decoded(paths: readonly string[]): string {
    const values = this.#columns.map(({ name, type }, index) => {
      const allowed = [declaredType(type), ...losslessTypes(type).map(quoteText)].join(', ');
      const column = quoteName(name);
      const complaint = quoteText(
        `Column ${name} of a Parquet file does not have the declared type.`,
      );
      return `CASE WHEN typeof(${column}) IN (${allowed})
        THEN ${valueOf(column, type)} ELSE error(${complaint})::${duckdbType(type)}
        END AS v${index},
        ${column} AS r${index}`;
    });
    const faults = this.#columns.flatMap((column, index) => {
      const mustBe = column.isNotNull || column.isPrimaryKey;
      const missing = `WHEN r${index} IS NULL THEN 'missing_field:${index}'`;
      const notJson = `WHEN r${index} IS NOT NULL AND v${index} IS NULL
        THEN 'type_mismatch:${index}'`;
      return [...(mustBe ? [missing] : []), ...(column.type.kind === 'json' ? [notJson] : [])];
    });
    const fault = faults.length === 0 ? 'NULL' : `CASE ${faults.join(' ')} END`;
    return `SELECT *, ${fault} AS fault FROM (SELECT ${values.join(', ')}, file_row_number AS row
      FROM read_parquet(${pathList(paths)}, file_row_number = true, hive_partitioning = false))`;
  }

  async #checkTypes(connection: Connection, file: string, path: string): Promise<void> {
    const found = await connection.rows(`DESCRIBE SELECT * FROM read_parquet(${quoteText(path)},
      hive_partitioning = false)`);
    for (const { name, type } of this.#columns) {
      const column = found.find((row) => sameName(String(row['column_name']), name));
      const [declared] = await connection.rows(`SELECT ${declaredType(type)} AS type`);
      const allowed = [declared?.['type'], ...losslessTypes(type)];
      if (column !== undefined && allowed.includes(String(column['column_type']))) continue;
      const has =
        column === undefined ? 'has no such column' : `has ${String(column['column_type'])}`;
      throw new HeliosError(
        'invalid_config',
        `Column "${name}" of table ${this.#table.name} is ${typeName(type)}, but ${file} ${has}.`,
        { hint: 'Declare the type that the file has, and cast it in a SELECT.' },
      );
    }
  }

  #reason(fault: Readonly<Record<string, unknown>>): Reason {
    const [code, index] = String(fault['fault']).split(':');
    const column = this.#columns[Number(index)];
    const isMissing = code === 'missing_field';
    const why = isMissing ? 'is NOT NULL, and the row has no value' : 'holds no JSON';
    return {
      code: (isMissing ? 'missing_field' : 'type_mismatch') satisfies RejectionCode,
      message: `Column "${column?.name}" ${why} (row ${String(fault['row'])} of the file).`,
    };
  }
}

/** How DuckDB itself spells the declared type. */
function declaredType(type: SourceColumn['type']): string {
  return `typeof(NULL::${duckdbType(type)})`;
}

function valueOf(column: string, type: SourceColumn['type']): string {
  if (type.kind === 'json') return `TRY_CAST(${column} AS JSON)`;
  return `${column}::${duckdbType(type)}`;
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
