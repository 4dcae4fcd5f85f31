import type { Connection, ResultColumn } from '../../engine/engine.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { FileShape } from './file-shapes.ts';

/** Objects that types are guessed from, as DuckDB does by itself. */
const sampleObjects = 20_480;

/** The columns that DuckDB finds in the beginning of a file of JSON objects. */
export async function jsonShape(connection: Connection, path: string): Promise<FileShape> {
  const source = `read_json(${quoteText(path)}, hive_partitioning => false)`;
  const rows = await connection.rows(`DESCRIBE SELECT * FROM ${source}`);
  const columns = rows.map((row) => ({
    name: String(row['column_name']),
    typeText: String(row['column_type']),
  }));
  return { columns: await withEmpty(connection, source, columns), options: '' };
}

/** Columns that were null everywhere, which DuckDB calls JSON as well as those that are mixed. */
async function withEmpty(
  connection: Connection,
  source: string,
  columns: readonly ResultColumn[],
): Promise<readonly ResultColumn[]> {
  const unclear = columns.filter(({ typeText }) => typeText === 'JSON');
  if (unclear.length === 0) return columns;
  const tests = unclear.map(
    ({ name }, index) =>
      `coalesce(bool_and(${quoteName(name)} IS NULL OR ${quoteName(name)}::VARCHAR = 'null'), true)
         AS c${index}`,
  );
  const [row = {}] = await connection.rows(
    `SELECT ${tests.join(', ')} FROM (SELECT * FROM ${source} LIMIT ${sampleObjects})`,
  );
  return columns.map((column) => {
    const place = unclear.indexOf(column);
    return place >= 0 && row[`c${place}`] === true ? { ...column, typeText: '"NULL"' } : column;
  });
}
