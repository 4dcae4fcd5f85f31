import { randomUUID } from 'node:crypto';
import type { Connection, Engine } from '../../engine/engine.ts';
import { quoteName, quoteText } from '../../engine/types.ts';
import type { Column } from '../../event/schema.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import type { Storage } from '../../storage/storage.ts';
import { type Actions, parseActions } from '../actions.ts';
import type { LogSegment } from './log.ts';
import { checkpointPartPath, checkpointPath } from './names.ts';

export type CheckpointOptions = {
  readonly engine: Engine;
  /** An existing local folder for files in the making. */
  readonly temporaryFolder: string;
};

type Checkpoint = NonNullable<LogSegment['checkpoint']>;

/**
 * Reads a classic checkpoint (one file, or all its parts): DuckDB turns its rows into the lines of
 * a commit, so that one parser reads both.
 */
export async function readCheckpoint(
  storage: Storage,
  checkpoint: Checkpoint,
  options: CheckpointOptions,
): Promise<Actions> {
  const scratch = new FileStorage(options.temporaryFolder);
  const work = `checkpoint-${randomUUID()}`;
  const lines = `${work}.ndjson`;
  const temporary = [lines];
  try {
    const paths = pathsOf(checkpoint);
    const files: string[] = [];
    for (const [index, path] of paths.entries()) {
      const local = storage.localPath(path);
      const copy = `${work}-${index}.parquet`;
      files.push(local ?? scratch.localPath(copy));
      if (local !== undefined) continue;
      temporary.push(copy);
      await scratch.put(copy, await storage.read(path));
    }
    await using connection = await options.engine.connect();
    await copyAsLines(connection, files, scratch.localPath(lines));
    return parseActions(await scratch.read(lines), paths.join(' and '));
  } finally {
    for (const name of temporary) await scratch.delete(name);
  }
}

/** What Helios reads of each action; a checkpoint has columns beside these, some of them large. */
const fieldsRead: Readonly<Record<string, readonly string[]>> = {
  protocol: ['minReaderVersion', 'minWriterVersion', 'readerFeatures', 'writerFeatures'],
  metaData: [
    ...['id', 'name', 'description', 'format', 'schemaString'],
    ...['partitionColumns', 'configuration', 'createdTime'],
  ],
  txn: ['appId', 'version', 'lastUpdated'],
  domainMetadata: ['domain', 'configuration', 'removed'],
  add: [
    ...['path', 'partitionValues', 'size', 'modificationTime', 'dataChange'],
    ...['stats', 'tags', 'deletionVector'],
  ],
  remove: [
    ...['path', 'deletionTimestamp', 'dataChange', 'extendedFileMetadata'],
    ...['partitionValues', 'size'],
  ],
};

function pathsOf({ version, form }: Checkpoint): readonly string[] {
  if (form.kind !== 'part') return [checkpointPath(version)];
  return Array.from({ length: form.parts }, (_, index) =>
    checkpointPartPath(version, index + 1, form.parts),
  );
}

async function copyAsLines(
  connection: Connection,
  files: readonly string[],
  lines: string,
): Promise<void> {
  const list = files.map(quoteText).join(', ');
  const source = `FROM read_parquet([${list}], union_by_name = true, hive_partitioning = false)`;
  const columns = await connection.describe(`SELECT * ${source}`);
  const selected = columns.flatMap(selectAction);
  await connection.execute(
    `COPY (SELECT ${selected.join(', ')} ${source}) TO ${quoteText(lines)} (FORMAT json)`,
  );
}

function selectAction(column: Column): string[] {
  const wanted = Object.hasOwn(fieldsRead, column.name) ? fieldsRead[column.name] : undefined;
  if (wanted === undefined || column.type.kind !== 'struct') return [];
  const action = quoteName(column.name);
  const fields = column.type.fields
    .filter((field) => wanted.includes(field.name))
    .map((field) => `${quoteName(field.name)} := ${action}.${quoteName(field.name)}`);
  if (fields.length === 0) return [];
  return [
    `CASE WHEN ${action} IS NOT NULL THEN struct_pack(${fields.join(', ')}) END AS ${action}`,
  ];
}
