import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineFixture } from '../../testing/fixture.ts';

type Change = {
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly op: string;
};

/** Script with a file for the changes of each SELECT. */
export function outputsOf(selects: readonly string[]): string {
  const outputs = selects.map(
    (select, index) => `CREATE TABLE out${index} WITH (connector = 'single_file',
        path = 'out${index}.json', format = 'debezium_json');
      INSERT INTO out${index} ${select};`,
  );
  return outputs.join('\n');
}

export async function changesOf(
  { directory }: PipelineFixture,
  index: number,
): Promise<readonly Change[]> {
  const path = join(directory, `out${index}.json`);
  const text = existsSync(path) ? await readFile(path, 'utf8') : '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Change => JSON.parse(line));
}

/**
 * The rows that the changes leave, as JSON, in order. Each row that goes has to be there, to the
 * last digit.
 */
export function stateAfter(changes: readonly Change[]): readonly string[] {
  const copies = new Map<string, number>();
  for (const { before, after, op } of changes) {
    const isOp = op === (before === null ? 'c' : after === null ? 'd' : 'u');
    if (!isOp)
      throw new Error(`${op} is not what happened to ${JSON.stringify({ before, after })}`);
    if (before !== null) {
      const row = JSON.stringify(before);
      const count = copies.get(row) ?? 0;
      if (count === 0) throw new Error(`${row} goes, and was not there`);
      copies.set(row, count - 1);
    }
    if (after !== null) {
      const row = JSON.stringify(after);
      copies.set(row, (copies.get(row) ?? 0) + 1);
    }
  }
  return [...copies].flatMap(([row, count]) => Array<string>(count).fill(row)).toSorted();
}

export type OracleTable = {
  readonly name: string;
  /** DuckDB's types by column. */
  readonly columns: Readonly<Record<string, string>>;
  readonly rows: readonly unknown[];
};

/** What one query over all rows gives, as JSON. `views`: CTEs after the tables. */
export async function queryRows(
  helios: PipelineFixture,
  tables: readonly OracleTable[],
  { select, views = '' }: { readonly select: string; readonly views?: string },
): Promise<readonly string[]> {
  await using connection = await helios.engine.connect();
  const ctes: string[] = [];
  for (const { name, columns, rows } of tables) {
    const path = join(helios.directory, `all-${name}.json`);
    await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const types = Object.entries(columns).map(([column, type]) => `${column}: '${type}'`);
    const read = `read_json('${path}', format = 'newline_delimited',
      columns = {${types.join(', ')}})`;
    ctes.push(`${name} AS (SELECT * FROM ${read})`);
  }
  const found = await connection.rows(
    `WITH ${ctes.join(', ')}${views}
      SELECT to_json(r)::VARCHAR AS row FROM (${select}) r ORDER BY 1`,
  );
  return found.map(({ row }) => JSON.stringify(JSON.parse(String(row)))).toSorted();
}

/** What a crash at this moment leaves, started again in the same place. */
export async function crashed(helios: PipelineFixture): Promise<PipelineFixture> {
  const { options } = helios;
  const left = helios.copied();
  await helios[Symbol.asyncDispose]();
  await rename(left, helios.directory);
  const again = await PipelineFixture.open(helios.directory, options);
  await again.supervisor.startAll();
  return again;
}
