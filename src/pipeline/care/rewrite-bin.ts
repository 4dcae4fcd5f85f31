import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HeliosError } from '../../base/errors.ts';
import type { DataFile } from '../../delta/delta.ts';
import { isSameStoredType, storedType } from '../../delta/schema-json.ts';
import { columnStatsJson } from '../../delta/stats.ts';
import type { Engine, Row } from '../../engine/engine.ts';
import { duckdbType, quoteName, quoteText } from '../../engine/types.ts';
import type { Column, Schema } from '../../event/schema.ts';
import { dataFileName } from '../../sink/file-name.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Bin } from './choose-files.ts';
import type { Pace } from './pace.ts';

export type RewriteContext = {
  readonly storage: Storage;
  readonly engine: Engine;
  readonly pace: Pace;
  /** Local folder for files in the making, on the table's file system where that is local. */
  readonly stagingDirectory: string;
  readonly signal: AbortSignal;
};

export type RewritePlan = {
  readonly bin: Bin;
  /** Columns that the files hold: all but those that partition. */
  readonly columns: Schema;
  readonly copyOptions: string;
  readonly compression: string;
  readonly sort: { readonly columns: readonly string[]; readonly fileBytes: number } | undefined;
};

/** A new file that is finished, and not yet stored. */
export type NewFile = {
  readonly localPath: string;
  /** Where it will be, below the table's root. */
  readonly path: string;
  readonly byteLength: number;
  readonly rowCount: number;
  readonly statsJson: string;
};

/**
 * Writes the rows of a bin's files into new local files; `use` stores them. Fails with
 * `unsupported_table` where a file holds other columns than the table says, and `corrupt_data`
 * where it has not as many rows.
 */
export async function rewriteBin<T>(
  context: RewriteContext,
  plan: RewritePlan,
  use: (files: readonly NewFile[]) => Promise<T>,
): Promise<T> {
  const staging = join(context.stagingDirectory, randomBytes(8).toString('hex'));
  const held = await holdAll(context, plan.bin.files);
  try {
    await mkdir(staging, { recursive: true });
    const rows = await writeFiles(context, plan, { paths: held.paths, staging });
    return await use(rows.map((row) => newFile(plan, row)));
  } finally {
    held.release();
    await rm(staging, { recursive: true, force: true });
  }
}

type HeldFiles = { readonly paths: readonly string[]; readonly release: () => void };

async function holdAll(
  { storage, pace, signal }: RewriteContext,
  files: readonly DataFile[],
): Promise<HeldFiles> {
  const releases: (() => void)[] = [];
  const release = (): void => {
    for (const one of releases.splice(0)) one();
  };
  try {
    const paths: string[] = [];
    for (const { path, byteLength } of files) {
      const local = storage.localPath(path);
      if (local !== undefined) paths.push(local);
      else {
        await pace.request(signal);
        const held = await storage.hold(path, byteLength);
        releases.push(held.release);
        paths.push(held.path);
      }
    }
    return { paths, release };
  } catch (thrown) {
    release();
    throw thrown;
  }
}

async function writeFiles(
  { engine, signal }: RewriteContext,
  plan: RewritePlan,
  { paths, staging }: { readonly paths: readonly string[]; readonly staging: string },
): Promise<readonly Row[]> {
  const list = `[${paths.map(quoteText).join(', ')}]`;
  const source = `read_parquet(${list}, union_by_name = true, hive_partitioning = false)`;
  await using connection = await engine.connect();
  const stop = (): void => connection.interrupt();
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    const there = await connection.describe(`SELECT * FROM ${source}`);
    const select = selectOf(plan.columns, there);
    const order = plan.sort === undefined ? '' : orderOf(plan.sort.columns);
    const [counted] = await connection.rows(
      `SELECT sum(num_rows)::BIGINT AS rows FROM parquet_file_metadata(${list})`,
    );
    const target = plan.sort === undefined ? join(staging, 'file.parquet') : join(staging, 'files');
    const split =
      plan.sort === undefined
        ? ''
        : `, FILE_SIZE_BYTES ${plan.sort.fileBytes}, FILENAME_PATTERN 'file_{i}'`;
    const rows = await connection.rows(
      `COPY (SELECT ${select} FROM ${source}${order}) TO ${quoteText(target)}
        (${plan.copyOptions}, RETURN_STATS${split})`,
    );
    checkCounts(plan.bin, { counted: Number(counted?.['rows']), rows });
    return rows.filter((row) => Number(row['count']) > 0);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The table's columns by the files' names; one that no file has is NULL. */
function selectOf(columns: Schema, there: Schema): string {
  const byName = new Map(there.map((column) => [column.name, column]));
  return columns.map((column) => selectColumn(column, byName.get(column.name))).join(', ');
}

function selectColumn(column: Column, found: Column | undefined): string {
  const name = quoteName(column.name);
  if (found === undefined) return `NULL::${duckdbType(storedType(column.type))} AS ${name}`;
  if (isSameStoredType(storedType(found.type), storedType(column.type))) return name;
  throw new HeliosError(
    'unsupported_table',
    `The files hold ${column.name} as ${duckdbType(found.type)}, and the table says ` +
      `${duckdbType(column.type)}: they are left as they are.`,
    { hint: 'Compact the table with the engine that wrote them.' },
  );
}

function orderOf(columns: readonly string[]): string {
  return ` ORDER BY ${columns.map((name) => `${quoteName(name)} NULLS LAST`).join(', ')}`;
}

/** What is put in the place of files holds each of their rows once. */
function checkCounts(
  { files }: Bin,
  { counted, rows }: { readonly counted: number; readonly rows: readonly Row[] },
): void {
  const written = rows.reduce((sum, row) => sum + Number(row['count']), 0);
  const counts = files.map((file) => file.rowCount);
  const isKnown = counts.every((count) => count !== undefined);
  const said = isKnown ? counts.reduce((sum, count) => sum + count, 0) : counted;
  if (written === counted && said === counted) return;
  throw new HeliosError(
    'corrupt_data',
    `${files.length} files hold ${counted} rows; the table says ${said}, ` +
      `and ${written} were read. ` +
      'They are left as they are.',
    { hint: `Look at the files, the first of which is ${files[0]?.path ?? 'unknown'}.` },
  );
}

function newFile(plan: RewritePlan, row: Row): NewFile {
  const name = dataFileName({
    naming: { prefix: undefined, suffix: undefined, strategy: 'uuid' },
    compression: plan.compression,
    serial: 0,
    nowMs: 0,
    random: randomBytes(16),
  });
  const { folder } = plan.bin;
  return {
    localPath: String(row['filename']),
    path: folder === '' ? name : `${folder}/${name}`,
    byteLength: Number(row['file_size_bytes']),
    rowCount: Number(row['count']),
    statsJson: columnStatsJson(row, plan.columns),
  };
}
