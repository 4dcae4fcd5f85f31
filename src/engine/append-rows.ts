import { setImmediate } from 'node:timers/promises';
import {
  BLOB,
  BOOLEAN,
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api';

/** Values of one column of new rows, by the row's number. */
export type NewColumn =
  | { readonly type: 'text'; readonly at: (row: number) => string }
  | { readonly type: 'bytes'; readonly at: (row: number) => Uint8Array }
  /** Whole, of 32 bits. */
  | { readonly type: 'number'; readonly at: (row: number) => number }
  | { readonly type: 'boolean'; readonly at: (row: number) => boolean };

/** Rows that DuckDB takes at a time. */
const chunkRowsMax = 2048;
/** So many chunks are written without letting anyone else run: some milliseconds. */
const chunksPerTurn = 4;

/** Appends rows to a table whose columns are of these types. */
export async function appendRows(
  connection: DuckDBConnection,
  table: string,
  rowCount: number,
  columns: readonly NewColumn[],
): Promise<void> {
  const appender = await connection.createAppender(table);
  try {
    let chunks = 0;
    for (let from = 0; from < rowCount; from += chunkRowsMax) {
      const count = Math.min(chunkRowsMax, rowCount - from);
      appender.appendDataChunk(chunkOf(columns, from, count));
      if (++chunks % chunksPerTurn === 0) await setImmediate();
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}

function chunkOf(columns: readonly NewColumn[], from: number, count: number): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(
    columns.map(({ type }) => types[type]),
    count,
  );
  for (const [index, column] of columns.entries()) {
    const values: DuckDBValue[] = [];
    for (let row = from; row < from + count; row++) values.push(valueOf(column, row));
    chunk.setColumnValues(index, values);
  }
  return chunk;
}

function valueOf(column: NewColumn, row: number): DuckDBValue {
  return column.type === 'bytes' ? new DuckDBBlobValue(column.at(row)) : column.at(row);
}

const types: Readonly<Record<NewColumn['type'], DuckDBType>> = {
  text: VARCHAR,
  bytes: BLOB,
  number: INTEGER,
  boolean: BOOLEAN,
};
