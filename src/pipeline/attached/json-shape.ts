import { HeliosError } from '../../base/errors.ts';
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
  await checkKeys(connection, path, columns);
  return { columns: await withEmpty(connection, source, columns), options: '' };
}

/** DuckDB calls a key `A` beside another `a` `A_1`, and would not find it by that name. */
async function checkKeys(
  connection: Connection,
  path: string,
  columns: readonly ResultColumn[],
): Promise<void> {
  const names = new Set(columns.map(({ name }) => name.toLowerCase()));
  const unclear = columns.filter(({ name }) => {
    const base = /^(.*)_\d+$/s.exec(name)?.[1];
    return base !== undefined && names.has(base.toLowerCase());
  });
  if (unclear.length === 0) return;
  const rows = await connection.rows(
    `SELECT DISTINCT unnest(json_keys(json)) AS key FROM
       (SELECT json FROM read_json_objects(${quoteText(path)}) LIMIT ${sampleObjects})`,
  );
  const keys = new Set(rows.map(({ key }) => key));
  const twice = unclear.find(({ name }) => !keys.has(name))?.name.replace(/_\d+$/, '');
  if (twice === undefined) return;
  throw new HeliosError('corrupt_data', `it has the key ${twice} in two spellings.`);
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
