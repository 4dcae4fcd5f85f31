import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../base/assert.ts';
import type { PartitionValues } from '../../delta/delta.ts';
import { partitionTextSql } from '../../delta/partition-value.ts';
import { partitionFolder } from '../../delta/path.ts';
import type { Connection } from '../../engine/engine.ts';
import { jsonObjectSql } from '../../engine/json-encoding.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { Schema } from '../../event/schema.ts';
import { timeFolderSql } from '../table-files.ts';
import type { Part } from '../sink.ts';
import { asLineColumns } from './line-columns.ts';

/** How rows of parts become files of JSON lines. */
export type LinesPlan = {
  readonly parts: readonly Part[];
  /** As lines hold them. */
  readonly columns: Schema;
  readonly timestampFormat: 'rfc3339' | 'unix_millis';
  readonly compression: 'uncompressed' | 'gzip' | 'zstd';
  readonly partitionFields: readonly string[];
  readonly timePattern: string | undefined;
  readonly timeColumn: string | undefined;
  /** An empty folder. */
  readonly staging: string;
};

/** A finished file that nobody sees yet. */
export type LinesFile = {
  readonly localPath: string;
  readonly folder: string;
  readonly partitionValues: PartitionValues;
  readonly rows: number;
  readonly bytes: number;
};

/** Of rows without a time. Readers pass over folders whose names begin with `_`. */
export const timelessFolder: string = 'no-time';

const copyForm = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01'";

/** Writes the parts' rows, one JSON object a line, a file for each folder that they belong to. */
export async function writeLines(
  connection: Connection,
  plan: LinesPlan,
): Promise<readonly LinesFile[]> {
  const form = `${copyForm}, COMPRESSION ${plan.compression}`;
  const keys = keysOf(plan);
  const line = `${jsonObjectSql(plan.columns, plan)} AS line`;
  if (keys.length === 0) {
    const localPath = join(plan.staging, 'lines');
    const select = `SELECT ${line} FROM (SELECT ${asLineColumns(plan.columns)} FROM
      (${rowsOf(plan)}))`;
    const [row] = await connection.rows(`COPY (${select}) TO ${quoteText(localPath)} (${form})`);
    const rows = Number(row?.['Count'] ?? 0);
    const { size: bytes } = await stat(localPath);
    return rows === 0 ? [] : [{ localPath, folder: '', partitionValues: {}, rows, bytes }];
  }
  return await writeFolders(connection, plan, { form, line, keys });
}

type Key = { readonly name: string; readonly sql: string };

type FolderWork = {
  readonly form: string;
  readonly line: string;
  readonly keys: readonly Key[];
};

/** Files that DuckDB keeps open at once: each folder's rows then are one file. */
const foldersAtOnceMax = 256;

/** Finds the folders, numbers them, and splits the rows by number. */
async function writeFolders(
  connection: Connection,
  plan: LinesPlan,
  { form, line, keys }: FolderWork,
): Promise<readonly LinesFile[]> {
  const names = keys.map(({ name }) => name);
  const keyed = keys.map(({ name, sql }) => `${sql} AS ${name}`).join(', ');
  const rows = `SELECT *, ${keyed} FROM (${rowsOf(plan)})`;
  await connection.execute(`SET partitioned_write_max_open_files = ${foldersAtOnceMax}`);
  await connection.execute(`CREATE OR REPLACE TEMP TABLE __helios_folders AS
    SELECT row_number() OVER (ORDER BY ${names.join(', ')}) - 1 AS folder, * FROM
    (SELECT ${names.join(', ')}, count(*) AS rows FROM (${rows}) GROUP BY ALL)`);
  const folders = await connection.rows('SELECT * FROM __helios_folders ORDER BY folder');
  const isSame = names.map((name) => `r.${name} IS NOT DISTINCT FROM f.${name}`).join(' AND ');
  const columns = asLineColumns(plan.columns);
  const target = (first: number): string => join(plan.staging, `from-${first}`);
  for (let first = 0; first < folders.length; first += foldersAtOnceMax) {
    const select = `SELECT ${line}, folder FROM (SELECT ${columns}, folder FROM (${rows}) r
      JOIN __helios_folders f ON ${isSame}
      WHERE folder BETWEEN ${first} AND ${first + foldersAtOnceMax - 1})`;
    const options = `${form}, PARTITION_BY (folder), FILENAME_PATTERN 'lines_{i}'`;
    await connection.execute(`COPY (${select}) TO ${quoteText(target(first))} (${options})`);
  }
  await connection.execute('DROP TABLE __helios_folders');
  return await Promise.all(
    folders.map(async (row, index) => {
      const localPath = await onlyFile(
        join(target(index - (index % foldersAtOnceMax)), `folder=${index}`),
      );
      const { size: bytes } = await stat(localPath);
      const texts = names.map((name) => textOf(row[name]));
      return { localPath, ...placeOf(plan, texts), rows: Number(row['rows']), bytes };
    }),
  );
}

async function onlyFile(folder: string): Promise<string> {
  const [name, ...others] = await readdir(folder);
  assert(name !== undefined && others.length === 0, `the rows of ${folder} are one file`);
  return join(folder, name);
}

function placeOf(
  plan: LinesPlan,
  texts: readonly (string | null)[],
): Pick<LinesFile, 'folder' | 'partitionValues'> {
  const [time, fields] =
    plan.timePattern === undefined ? [[], texts] : [texts.slice(0, 1), texts.slice(1)];
  const values: Record<string, string | null> = {};
  plan.partitionFields.forEach((name, index) => {
    values[name] = fields[index] ?? null;
  });
  const folders = time.map((text) => text ?? timelessFolder);
  const below = partitionFolder(plan.partitionFields, values);
  if (below !== '') folders.push(below);
  return { folder: folders.join('/'), partitionValues: values };
}

/** What rows are split by: the time's folder, then the fields. */
function keysOf({ columns, partitionFields, timePattern, timeColumn }: LinesPlan): readonly Key[] {
  const fields = partitionFields.map((name, index) => {
    const column = columns.find((one) => one.name === name) ?? { name, type: { kind: 'text' } };
    return { name: `__helios_key_${index}`, sql: partitionTextSql(column) };
  });
  if (timePattern === undefined) return fields;
  const time = timeColumn === undefined ? '__helios_arrival' : quoteName(timeColumn);
  return [{ name: '__helios_time', sql: timeFolderSql(time, timePattern) }, ...fields];
}

function rowsOf({ parts, timePattern, timeColumn }: LinesPlan): string {
  const scan = (some: readonly Part[]): string =>
    `read_parquet([${some.map(({ path }) => quoteText(path)).join(', ')}])`;
  if (timePattern === undefined || timeColumn !== undefined) return `SELECT * FROM ${scan(parts)}`;
  return parts
    .map(
      (part) =>
        `SELECT *, make_timestamptz(${part.newestAtMs * 1000}) AS __helios_arrival
         FROM ${scan([part])}`,
    )
    .join(' UNION ALL BY NAME ');
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
