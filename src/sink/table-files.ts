import { join } from 'node:path';
import type { PartitionValues } from '../delta/delta.ts';
import { partitionTextSql } from '../delta/partition-value.ts';
import { partitionFolder } from '../delta/path.ts';
import type { Connection, Row } from '../engine/engine.ts';
import { duckdbType, quoteName, quoteText } from '../engine/types.ts';
import type { Column, Schema } from '../event/schema.ts';
import type { Part } from './sink.ts';

/** A finished file that is not yet in the table. */
export type FinishedFile = {
  readonly localPath: string;
  /** Folder below the table's root; empty for the root itself. */
  readonly folder: string;
  readonly partitionValues: PartitionValues;
  /** The row of `RETURN_STATS` that describes it. */
  readonly copyRow: Row;
};

/** How rows are split into folders. */
type PartitionPlan = {
  readonly schema: Schema;
  readonly partitionFields: readonly string[];
  /** strftime pattern of the folders, by the time column or else by when the records arrived. */
  readonly timePattern: string | undefined;
  /** Folder of rows without a time, where it is not Hive's. */
  readonly timelessFolder?: string | undefined;
};

export type MergePlan = PartitionPlan & {
  readonly parts: readonly Part[];
  readonly timeColumn: string | undefined;
  readonly targetBytes: number;
};

const timeFolder = '__helios_time';
/** Most files that DuckDB keeps open at once while it splits by partition. */
const openFilesMax = 64;

/**
 * Merges parts into files of the table's final form, one statement for each `targetBytes` of parts,
 * each of which splits its rows by partition in one pass.
 */
export async function mergeParts(
  connection: Connection,
  plan: MergePlan,
  where: { readonly staging: string; readonly copyOptions: string },
): Promise<readonly FinishedFile[]> {
  const files: FinishedFile[] = [];
  for (const [index, parts] of chunks(plan.parts, plan.targetBytes).entries()) {
    const { copyOptions } = where;
    const target = join(where.staging, `${index}`);
    const select = selectOf(plan, parts);
    files.push(...(await writeFiles(connection, plan, { select, target, copyOptions })));
  }
  return files;
}

/**
 * Writes rows that `partitionedRows` gives: one file, `target` and an ending, or in the folder
 * `target` those of each partition. None without rows.
 */
export async function writeFiles(
  connection: Connection,
  plan: PartitionPlan,
  { select, target, copyOptions }: WritePlan,
): Promise<readonly FinishedFile[]> {
  const keys = partitionKeys(plan);
  const rows = await connection.rows(
    keys.length === 0
      ? `COPY (${select}) TO ${quoteText(`${target}.parquet`)} (${copyOptions}, RETURN_STATS)`
      : `COPY (${select}) TO ${quoteText(target)} (${copyOptions}, RETURN_STATS,
          PARTITION_BY (${keys.map(quoteName).join(', ')}), FILENAME_PATTERN 'file_{i}')`,
  );
  const files = rows.map((row) => finishedFile(plan, row));
  return files.filter((file) => Number(file.copyRow['count']) > 0);
}

type WritePlan = {
  readonly select: string;
  readonly target: string;
  readonly copyOptions: string;
};

/** Sets the number of files that stay open; for the connection that `mergeParts` gets. */
export async function prepareForMerge(connection: Connection): Promise<void> {
  await connection.execute(`SET partitioned_write_max_open_files = ${openFilesMax}`);
}

/** Runs of neighbouring parts, each about `bytesMax` long. */
export function chunks(parts: readonly Part[], bytesMax: number): readonly (readonly Part[])[] {
  const result: Part[][] = [];
  let bytes = Infinity;
  for (const part of parts) {
    if (bytes + part.byteLength > bytesMax) {
      result.push([]);
      bytes = 0;
    }
    result.at(-1)?.push(part);
    bytes += part.byteLength;
  }
  return result;
}

function partitionKeys(plan: PartitionPlan): readonly string[] {
  const fields = plan.partitionFields.map((_, index) => `__helios_key_${index}`);
  return plan.timePattern === undefined ? fields : [timeFolder, ...fields];
}

/** The parts' rows in their order, with what they are split by. */
function selectOf(plan: MergePlan, parts: readonly Part[]): string {
  const { timePattern, timeColumn } = plan;
  // One scan of many files costs a quarter less than as many scans of one.
  if (timePattern === undefined) return rowsOf(plan, parts, undefined);
  const folder = (time: string): string => timeFolderSql(time, timePattern);
  if (timeColumn !== undefined) return rowsOf(plan, parts, folder(quoteName(timeColumn)));
  const arrival = (part: Part): string => `make_timestamptz(${part.newestAtMs * 1000})`;
  return parts.map((part) => rowsOf(plan, [part], folder(arrival(part)))).join(' UNION ALL ');
}

/** SQL of the folder that a time belongs to. */
export function timeFolderSql(time: string, pattern: string): string {
  return `strftime(${time}, ${quoteText(pattern)})`;
}

function rowsOf(plan: MergePlan, parts: readonly Part[], folder: string | undefined): string {
  return partitionedRows(plan, partRows(plan.schema, parts), folder);
}

/** SELECT of rows as files hold them, with what they are split by. */
export function partitionedRows(
  plan: PartitionPlan,
  rows: string,
  folder: string | undefined,
): string {
  const partitioned = new Set(plan.partitionFields.map((name) => name.toLowerCase()));
  const stored = plan.schema.filter((column) => !partitioned.has(column.name.toLowerCase()));
  const columns = stored.map((column) => quoteName(column.name));
  if (folder !== undefined) columns.push(`${folder} AS ${timeFolder}`);
  plan.partitionFields.forEach((name, index) => {
    columns.push(`${partitionTextSql(columnNamed(plan.schema, name))} AS __helios_key_${index}`);
  });
  return `SELECT ${columns.join(', ')} FROM (${rows})`;
}

/**
 * SELECT of the rows of parts in their order, with the columns of `schema`: NULL where a part was
 * written before its sink had the column.
 */
export function partRows(schema: Schema, parts: readonly Part[]): string {
  const nulls = schema.map(({ name, type }) => `NULL::${duckdbType(type)} AS ${quoteName(name)}`);
  const files = parts.map((part) => quoteText(part.path)).join(', ');
  return `SELECT ${nulls.join(', ')} WHERE false UNION ALL BY NAME
    SELECT * FROM read_parquet([${files}], union_by_name = true, hive_partitioning = false)`;
}

function columnNamed(schema: Schema, name: string): Column {
  const found = schema.find((column) => column.name.toLowerCase() === name.toLowerCase());
  return found ?? { name, type: { kind: 'text' } };
}

function finishedFile(plan: PartitionPlan, row: Row): FinishedFile {
  const keys = partitionKeysOf(row);
  const values: Record<string, string | null> = {};
  plan.partitionFields.forEach((name, index) => {
    values[columnNamed(plan.schema, name).name] = keys.get(`__helios_key_${index}`) ?? null;
  });
  const folders = [partitionFolder(Object.keys(values), values)].filter((text) => text !== '');
  if (plan.timePattern !== undefined) {
    folders.unshift(keys.get(timeFolder) ?? plan.timelessFolder ?? '__HIVE_DEFAULT_PARTITION__');
  }
  return {
    localPath: String(row['filename']),
    folder: folders.join('/'),
    partitionValues: values,
    copyRow: row,
  };
}

/** `partition_keys` is a MAP, which arrives as a list of key and value. */
function partitionKeysOf(row: Row): ReadonlyMap<string, string | null> {
  const keys = new Map<string, string | null>();
  const entries = row['partition_keys'];
  if (!Array.isArray(entries)) return keys;
  for (const entry of entries) {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) continue;
    const { key, value } = entry as { key?: unknown; value?: unknown };
    keys.set(String(key), value === null || value === undefined ? null : String(value));
  }
  return keys;
}
