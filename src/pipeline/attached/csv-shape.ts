import { HeliosError } from '../../base/errors.ts';
import type { Connection, ResultColumn, Row } from '../../engine/engine.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { FileShape } from './file-shapes.ts';

/** Lines that types are guessed from, as DuckDB does by itself. */
const sampleLines = 20_480;

/**
 * What DuckDB's look at the beginning of a CSV file finds: delimiter, quotes, header, columns. Said
 * once, it holds for the whole file and for each query. Fails where lines have different numbers of
 * fields; DuckDB would take all of a line as one text then, or leave lines out.
 */
export async function csvShape(connection: Connection, path: string): Promise<FileShape> {
  const [found] = await connection.rows(
    `SELECT *, Columns::JSON AS columns_json FROM sniff_csv(${quoteText(path)}, skip => 0)`,
  );
  if (found === undefined) throw new HeliosError('corrupt_data', 'Nothing is found in the file.');
  const columns = columnsIn(found);
  const [only] = columns;
  if (columns.length === 1 && only !== undefined) await checkRagged(connection, path, only.name);
  const options = dialectOf(found);
  return { columns: await withEmpty(connection, { path, columns, options }), options };
}

function columnsIn(found: Row): readonly ResultColumn[] {
  const columns = JSON.parse(String(found['columns_json'])) as readonly {
    readonly name: string;
    readonly type: string;
  }[];
  return columns.map(({ name, type }) => ({ name, typeText: type }));
}

function dialectOf(found: Row): string {
  const text = (name: string): string => {
    const value = found[name];
    return value === null || value === undefined || value === '(empty)' ? '' : String(value);
  };
  // Quotes may come after the beginning.
  const quote = text('Quote') === '' ? '"' : text('Quote');
  const escape = text('Escape') === '' ? quote : text('Escape');
  const given: readonly (readonly [string, string])[] = [
    ['delim', text('Delimiter')],
    ['quote', quote],
    ['escape', escape],
    ['comment', text('Comment')],
    ['dateformat', text('DateFormat')],
    ['timestampformat', text('TimestampFormat')],
  ];
  const options = given
    .filter(([name, value]) => value !== '' || name === 'comment')
    .map(([name, value]) => `${name} => ${quoteText(value)}`);
  const header = `header => ${String(found['HasHeader'])}`;
  return `, auto_detect => false, skip => 0, ${[header, ...options].join(', ')}`;
}

/** A header that is several fields says that the lines are not of one. */
async function checkRagged(connection: Connection, path: string, header: string): Promise<void> {
  const [delimiter, count] = [',', ';', '\t', '|']
    .map((candidate) => [candidate, header.split(candidate).length] as const)
    .reduce((best, one) => (one[1] > best[1] ? one : best));
  if (count === 1) return;
  const columns = Array.from({ length: count }, (_, index) => `'c${index}': 'VARCHAR'`).join(', ');
  await connection.rows(
    `SELECT count(*) FROM (SELECT * FROM read_csv(${quoteText(path)}, auto_detect => false,
       delim => ${quoteText(delimiter)}, quote => '"', escape => '"', header => true,
       columns => {${columns}}, hive_partitioning => false) LIMIT ${sampleLines})`,
  );
}

/** Columns of text in which no value was, which may be anything. */
async function withEmpty(
  connection: Connection,
  {
    path,
    columns,
    options,
  }: FileShape & { readonly path: string; readonly columns: readonly ResultColumn[] },
): Promise<readonly ResultColumn[]> {
  const texts = columns.filter(({ typeText }) => typeText === 'VARCHAR');
  if (texts.length === 0) return columns;
  const types = columns.map(({ name, typeText }) => `${quoteText(name)}: ${quoteText(typeText)}`);
  const tests = texts.map(({ name }, index) => {
    return `coalesce(bool_and(${quoteName(name)} IS NULL), true) AS c${index}`;
  });
  const [row = {}] = await connection.rows(
    `SELECT ${tests.join(', ')} FROM (SELECT * FROM read_csv(${quoteText(path)}${options},
       columns => {${types.join(', ')}}, hive_partitioning => false) LIMIT ${sampleLines})`,
  );
  return columns.map((column) => {
    const place = texts.indexOf(column);
    return place >= 0 && row[`c${place}`] === true ? { ...column, typeText: '"NULL"' } : column;
  });
}
