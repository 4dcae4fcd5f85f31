import { readFile } from 'node:fs/promises';
import type { Connection } from '../../src/engine/engine.ts';
import { quoteName, quoteText } from '../../src/engine/types.ts';

/** Floats may differ by so much, of one or of the greater of the two. */
const tolerance = 1e-9;

/**
 * How a file of JSON lines differs from a query's rows as bags; undefined where it does not.
 * Columns have to have the same names.
 */
export async function differenceTo(
  path: string,
  query: string,
  connection: Connection,
): Promise<string | undefined> {
  const described = await connection.rows(`DESCRIBE ${query}`);
  const columns = described.map((row) => ({
    name: String(row['column_name']),
    type: String(row['column_type']),
  }));
  const names = columns.map(({ name }) => name);
  const found = await fieldsOf(path);
  const expected = await rowsOf(query, connection);
  if (found === undefined) {
    return expected.length === 0 ? undefined : `nothing; expected ${shown(expected)}`;
  }
  if (found.join() !== names.join()) return `columns ${found.join()}; expected ${names.join()}`;
  const types = columns.map(({ name, type }) => `${quoteName(name)}: ${quoteText(type)}`);
  const read = `FROM read_json(${quoteText(path)}, format = 'newline_delimited',
    columns = {${types.join(', ')}})`;
  return difference(await rowsOf(read, connection), expected);
}

/** Fields of the first line; undefined where there is none. */
async function fieldsOf(path: string): Promise<readonly string[] | undefined> {
  const [line = ''] = (await readFile(path, 'utf8')).split('\n', 1);
  if (line === '') return undefined;
  const first: unknown = JSON.parse(line);
  return typeof first === 'object' && first !== null ? Object.keys(first) : [];
}

/** Rows as JSON texts, in the order of these. */
async function rowsOf(query: string, connection: Connection): Promise<readonly string[]> {
  const rows = await connection.rows(
    `SELECT to_json(q)::VARCHAR AS row FROM (${query}) q ORDER BY row`,
  );
  return rows.map((row) => String(row['row']));
}

function difference(found: readonly string[], expected: readonly string[]): string | undefined {
  const missing = new Map<string, number>();
  for (const row of expected) missing.set(row, (missing.get(row) ?? 0) + 1);
  const more: string[] = [];
  for (const row of found) {
    const count = missing.get(row) ?? 0;
    if (count === 0) more.push(row);
    else missing.set(row, count - 1);
  }
  const less = [...missing].flatMap(([row, count]) => Array.from({ length: count }, () => row));
  const left = less.filter((row) => {
    const index = more.findIndex((other) => isNear(JSON.parse(row), JSON.parse(other)));
    if (index >= 0) more.splice(index, 1);
    return index < 0;
  });
  if (more.length === 0 && left.length === 0) return undefined;
  return `of ${found.length} rows not expected ${shown(more)}\nof ${expected.length} missing ${shown(left)}`;
}

function isNear(left: unknown, right: unknown): boolean {
  if (typeof left === 'number' && typeof right === 'number') {
    const scale = Math.max(1, Math.abs(left), Math.abs(right));
    return left === right || Math.abs(left - right) <= tolerance * scale;
  }
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    return left === right;
  }
  const [these, others] = [Object.entries(left), Object.entries(right)];
  return (
    these.length === others.length &&
    these.every(([key, value], index) => {
      const [otherKey, other] = others[index] ?? [];
      return key === otherKey && isNear(value, other);
    })
  );
}

function shown(rows: readonly string[]): string {
  const first = rows.slice(0, 5).join('\n  ');
  return `${rows.length}:\n  ${first}`;
}
