import { join } from 'node:path';
import type { DataFile, Snapshot } from '../../delta/delta.ts';
import type { DeletionVectorDescriptor } from '../../delta/deletion/descriptor.ts';
import { partitionValueSql } from '../../delta/partition-value.ts';
import { Pruner } from '../../delta/prune/prune.ts';
import type { Connection } from '../../engine/engine.ts';
import { duckdbType, quoteName, quoteText } from '../../engine/types.ts';
import type { HeldFile, Storage } from '../../storage/storage.ts';
import { newestRows, rowsThere, sameKeys, withoutKeys } from '../current-rows.ts';
import {
  type FinishedFile,
  type MergePlan,
  partitionedRows,
  partRows,
  writeFiles,
} from '../table-files.ts';
import { keyRange } from './key-range.ts';

export type ReplaceContext = {
  readonly connection: Connection;
  readonly storage: Storage;
  /** The rows that a deletion vector names, as a Parquet file with their places in `row`. */
  readonly deletedRows: (descriptor: DeletionVectorDescriptor) => Promise<HeldFile>;
};

export type ReplacePlan = MergePlan & {
  /** The version whose files are looked at. */
  readonly snapshot: Snapshot;
  readonly keys: readonly string[];
  readonly staging: string;
  readonly copyOptions: string;
};

export type ReplacedRows = {
  /** Files of the snapshot that hold rows of the parts' keys. */
  readonly replaced: readonly DataFile[];
  /** What they hold without these, and the parts' newest rows. */
  readonly files: readonly FinishedFile[];
};

const newest = '"__newest"';
const changed = '"__changed"';

/**
 * Writes what takes the place of a table's files when the rows of some keys are others: the files
 * that hold such keys anew, without them, and the rows that the keys have now.
 */
export async function replaceRows(
  context: ReplaceContext,
  plan: ReplacePlan,
): Promise<ReplacedRows> {
  const { connection } = context;
  const { keys, schema, parts } = plan;
  await connection.execute(`CREATE OR REPLACE TEMP TABLE ${newest} AS
    ${newestRows(`(${partRows(schema, parts)})`, keys)}`);
  const list = keys.map(quoteName).join(', ') || 'true AS "__any"';
  await connection.execute(`CREATE OR REPLACE TEMP TABLE ${changed} AS
    SELECT DISTINCT ${list} FROM ${newest}`);
  const releases: (() => void)[] = [];
  try {
    const touched = await touchedFiles(context, plan, releases);
    const sources = touched.map(({ file: { byteLength }, select }) => ({ select, byteLength }));
    const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0);
    const all = [...sources, { select: rowsThere(`SELECT * FROM ${newest}`), byteLength }];
    const files: FinishedFile[] = [];
    for (const [index, some] of inChunks(all, plan.targetBytes).entries()) {
      const rows = some.map(({ select }) => `(${select})`).join(' UNION ALL BY NAME ');
      const where = { target: join(plan.staging, `${index}`), copyOptions: plan.copyOptions };
      const select = partitionedRows(plan, rows, undefined);
      files.push(...(await writeFiles(connection, plan, { select, ...where })));
    }
    return { replaced: touched.map(({ file }) => file), files };
  } finally {
    for (const release of releases) release();
  }
}

type Source = { readonly select: string; readonly byteLength: number };

/** Neighbours together, each about `bytesMax` long. */
function inChunks(sources: readonly Source[], bytesMax: number): readonly (readonly Source[])[] {
  const chunks: Source[][] = [];
  let bytes = Infinity;
  for (const source of sources) {
    if (bytes + source.byteLength > bytesMax) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)?.push(source);
    bytes += source.byteLength;
  }
  return chunks;
}

type TouchedFile = {
  readonly file: DataFile;
  /** SELECT of its rows whose keys have not changed. */
  readonly select: string;
};

/** The files that hold a changed key. Those of an object store are here until released. */
async function touchedFiles(
  context: ReplaceContext,
  plan: ReplacePlan,
  releases: (() => void)[],
): Promise<readonly TouchedFile[]> {
  const { connection } = context;
  const { snapshot, keys } = plan;
  const range = await keyRange(connection, plan.schema, { keys, from: changed });
  const pruner = new Pruner();
  const found: TouchedFile[] = [];
  for (const file of snapshot.files.filter((one) => pruner.mayMatch(range, one, snapshot))) {
    const held: (() => void)[] = [];
    const rows = `(${await fileRows(context, plan, { file, releases: held })})`;
    const [row] = await connection.rows(`SELECT EXISTS (SELECT 1 FROM ${rows} AS cold
      SEMI JOIN ${changed} AS hot ON ${sameKeys('cold', 'hot', keys)}) AS found`);
    if (row?.['found'] === true) {
      found.push({ file, select: withoutKeys(rows, changed, keys) });
      releases.push(...held);
    } else for (const release of held) release();
  }
  return found;
}

/** SELECT of a file's rows, with all columns of the table. */
async function fileRows(
  { storage, deletedRows }: ReplaceContext,
  { schema, snapshot }: ReplacePlan,
  { file, releases }: { readonly file: DataFile; readonly releases: (() => void)[] },
): Promise<string> {
  const hold = async (holding: Promise<HeldFile>): Promise<string> => {
    const { path, release } = await holding;
    releases.push(release);
    return path;
  };
  const { path, byteLength, deletionVector } = file;
  const local = storage.localPath(path) ?? (await hold(storage.hold(path, byteLength)));
  const options = `hive_partitioning = false, file_row_number = ${deletionVector !== undefined}`;
  const stored = `read_parquet(${quoteText(local)}, ${options})`;
  const there =
    deletionVector === undefined
      ? `SELECT * FROM ${stored}`
      : `SELECT data.* EXCLUDE (file_row_number) FROM ${stored} AS data ANTI JOIN read_parquet(
          ${quoteText(await hold(deletedRows(deletionVector)))}) AS gone
          ON gone.row = data.file_row_number`;
  const partitions = snapshot.partitionColumns;
  const inFile = schema.filter(({ name }) => !partitions.includes(name));
  const nulls = inFile.map(({ name, type }) => `NULL::${duckdbType(type)} AS ${quoteName(name)}`);
  const columns = schema.map((column) => {
    const name = quoteName(column.name);
    if (!partitions.includes(column.name))
      return `CAST(${name} AS ${duckdbType(column.type)}) AS ${name}`;
    return `${partitionValueSql(column, file.partitionValues[column.name] ?? null)} AS ${name}`;
  });
  return `SELECT ${columns.join(', ')} FROM
    (SELECT ${nulls.join(', ')} WHERE false UNION ALL BY NAME ${there})`;
}
