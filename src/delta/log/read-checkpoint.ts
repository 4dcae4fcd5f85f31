import { randomUUID } from 'node:crypto';
import { HeliosError } from '../../base/errors.ts';
import type { Connection, Engine } from '../../engine/engine.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { Column, Schema } from '../../event/schema.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import type { Storage } from '../../storage/storage.ts';
import { type Actions, parseActions, type SidecarAction } from '../actions.ts';
import type { CheckpointContent } from '../state.ts';
import { LiveFile } from './live-file.ts';
import { type Checkpoint, checkpointPaths, sidecarFolder } from './names.ts';
import { readAdds } from './read-adds.ts';

export type CheckpointOptions = {
  readonly engine: Engine;
  /** An existing local folder for files in the making. */
  readonly temporaryFolder: string;
};

/** Files of one checkpoint that are fetched at the same time. */
const fetchesMax = 8;

/**
 * Reads a checkpoint of any form: one file, several parts, or a V2 one with the sidecars that it
 * names. Fails with `corrupt_data` when it isn't one, or isn't whole.
 */
export async function readCheckpoint(
  storage: Storage,
  checkpoint: Checkpoint,
  options: CheckpointOptions,
): Promise<CheckpointContent> {
  const paths = checkpointPaths(checkpoint);
  const [path = ''] = paths;
  if (path.endsWith('.json')) {
    const actions = parseActions(await storage.read(path), path);
    return withSidecars(actions, await readSidecars(storage, actions, options), path);
  }
  const content = await readFiles(storage, paths, options);
  const rest = await readSidecars(storage, content.actions, options);
  return withSidecars(content.actions, [content, ...rest], path);
}

function withSidecars(
  actions: Actions,
  contents: readonly CheckpointContent[],
  path: string,
): CheckpointContent {
  const missing = actions.protocol === undefined ? 'protocol' : 'metaData';
  if (actions.protocol === undefined || actions.metadata === undefined) {
    throw damaged(path, `it has no ${missing} action`);
  }
  return {
    actions: { ...actions, adds: [], removes: [] },
    files: [
      ...actions.adds.map((add) => new LiveFile(add)),
      ...contents.flatMap((content) => content.files),
    ],
    removes: [...actions.removes, ...contents.flatMap((content) => content.removes)],
  };
}

async function readSidecars(
  storage: Storage,
  { sidecars = [] }: Actions,
  options: CheckpointOptions,
): Promise<readonly CheckpointContent[]> {
  if (sidecars.length === 0) return [];
  return [await readFiles(storage, sidecars.map(sidecarPath), options)];
}

function sidecarPath({ path }: SidecarAction): string {
  if (!path.includes('/')) return `${sidecarFolder}/${decodeURIComponent(path)}`;
  const own = path.lastIndexOf(`/${sidecarFolder}/`);
  if (own >= 0) return decodeURIComponent(path.slice(own + 1));
  throw damaged(path, 'it is a sidecar outside the table');
}

/** Parquet files with one set of columns. */
async function readFiles(
  storage: Storage,
  paths: readonly string[],
  options: CheckpointOptions,
): Promise<CheckpointContent> {
  const scratch = new FileStorage(options.temporaryFolder);
  const temporary: string[] = [];
  try {
    const files: string[] = [];
    for (let start = 0; start < paths.length; start += fetchesMax) {
      const some = paths.slice(start, start + fetchesMax);
      files.push(
        ...(await Promise.all(
          some.map(async (path) => {
            const local = storage.localPath(path);
            if (local !== undefined) return await checkThere(storage, path, local);
            const copy = `checkpoint-${randomUUID()}.parquet`;
            temporary.push(copy);
            await storage.download(path, scratch.localPath(copy));
            return scratch.localPath(copy);
          }),
        )),
      );
    }
    await using connection = await options.engine.connect();
    const lines = `checkpoint-${randomUUID()}.lines`;
    temporary.push(lines);
    const where = paths.join(' and ');
    return await readParquet(connection, { files, where, scratch, linesName: lines });
  } finally {
    for (const name of temporary) await scratch.delete(name);
  }
}

async function checkThere(storage: Storage, path: string, local: string): Promise<string> {
  if ((await storage.stat(path)) !== undefined) return local;
  throw damaged(path, 'it is not there');
}

type ParquetFiles = {
  readonly files: readonly string[];
  readonly where: string;
  readonly scratch: FileStorage;
  readonly linesName: string;
};

async function readParquet(
  connection: Connection,
  { files, where, scratch, linesName }: ParquetFiles,
): Promise<CheckpointContent> {
  const list = files.map(quoteText).join(', ');
  const source = `read_parquet([${list}], union_by_name = true, hive_partitioning = false)`;
  try {
    const columns = await connection.describe(`SELECT * FROM ${source}`);
    const actions = await readSmallActions(connection, { source, columns, where });
    const live = await readAdds(connection, { source, columns, scratch, linesName });
    return { actions: { ...actions, removes: [] }, files: live, removes: actions.removes };
  } catch (thrown) {
    if (!(thrown instanceof HeliosError) || thrown.code === 'corrupt_data') throw thrown;
    if (thrown.code === 'unsupported_table') throw thrown;
    throw damaged(where, thrown.message, thrown);
  }
}

/**
 * What Helios reads of each action but `add`; a checkpoint has columns beside these, some of them
 * large.
 */
const fieldsRead: Readonly<Record<string, readonly string[]>> = {
  protocol: ['minReaderVersion', 'minWriterVersion', 'readerFeatures', 'writerFeatures'],
  metaData: [
    ...['id', 'name', 'description', 'format', 'schemaString'],
    ...['partitionColumns', 'configuration', 'createdTime'],
  ],
  txn: ['appId', 'version', 'lastUpdated'],
  domainMetadata: ['domain', 'configuration', 'removed'],
  sidecar: ['path', 'sizeInBytes'],
  remove: [
    ...['path', 'deletionTimestamp', 'dataChange', 'extendedFileMetadata'],
    ...['partitionValues', 'size', 'deletionVector'],
  ],
};

type Source = {
  readonly source: string;
  readonly columns: Schema;
  readonly where: string;
};

/** DuckDB turns their rows into the lines of a commit, so that one parser reads both. */
async function readSmallActions(
  connection: Connection,
  { source, columns, where }: Source,
): Promise<Actions> {
  const selected = columns.flatMap(selectAction);
  if (selected.length === 0) return parseActions(new Uint8Array(0), where);
  const packed = selected.map(({ name, sql }) => `${name} := ${sql}`).join(', ');
  const isAny = selected.map(({ name }) => `${name} IS NOT NULL`).join(' OR ');
  const select = `SELECT to_json(struct_pack(${packed}))::VARCHAR FROM ${source} WHERE ${isAny}`;
  const lines: string[] = [];
  for await (const chunk of connection.chunks(select, [])) {
    for (const line of chunk.getColumnValues(0)) lines.push(String(line));
  }
  return parseActions(Buffer.from(lines.join('\n')), where);
}

function selectAction(column: Column): { readonly name: string; readonly sql: string }[] {
  const wanted = Object.hasOwn(fieldsRead, column.name) ? fieldsRead[column.name] : undefined;
  if (wanted === undefined || column.type.kind !== 'struct') return [];
  const name = quoteName(column.name);
  const fields = column.type.fields
    .filter((field) => wanted.includes(field.name))
    .map((field) => `${quoteName(field.name)} := ${name}.${quoteName(field.name)}`);
  if (fields.length === 0) return [];
  return [
    { name, sql: `CASE WHEN ${name} IS NOT NULL THEN struct_pack(${fields.join(', ')}) END` },
  ];
}

function damaged(path: string, problem: string, cause?: unknown): HeliosError {
  return new HeliosError('corrupt_data', `The checkpoint ${path} can't be read: ${problem}.`, {
    hint: 'Delete it where the commits before it are still there, or restore it.',
    cause,
  });
}
