import { randomUUID } from 'node:crypto';
import { crashPoint } from '../../base/crash-point.ts';
import { HeliosError } from '../../base/errors.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import type { Storage } from '../../storage/storage.ts';
import { type Actions, printLines } from '../actions.ts';
import type { TableVersion } from '../delta.ts';
import { intervalMs } from '../prune/interval.ts';
import type { TableState } from '../state.ts';
import { lastCheckpointVersion } from './log.ts';
import { checkpointPath, lastCheckpointPath } from './names.ts';
import type { CheckpointOptions } from './read-checkpoint.ts';

/** What became of a checkpoint. */
export type CheckpointRun = {
  readonly version: TableVersion;
  readonly startedAtMs: number;
  readonly durationMs: number;
  /** Commits and checkpoints that nobody needs any more. */
  readonly logFilesDeleted: number;
  readonly error: HeliosError | undefined;
};

/** Text that DuckDB gets at once. */
const chunkLengthMax = 1 << 20;

const retentionDefault = 'interval 7 days';

/**
 * Writes the state as a classic checkpoint, one file, and says so in `_last_checkpoint`. Another
 * writer's checkpoint of the same version is as good as ours and is left alone.
 */
export async function writeCheckpoint(
  storage: Storage,
  state: TableState,
  options: CheckpointOptions & { readonly nowMs: number },
): Promise<void> {
  const scratch = new FileStorage(options.temporaryFolder);
  const name = `checkpoint-${randomUUID()}.parquet`;
  const path = checkpointPath(state.version);
  const actions = checkpointActions(state, options.nowMs);
  try {
    await using connection = await options.engine.connect();
    const types = hasVectors(actions) ? withVectors : actionTypes;
    const size = await fillTable(connection, actions, types);
    const columns = Object.keys(types).map((action) => `action."${action}"`);
    await connection.execute(
      `COPY (SELECT ${columns.join(', ')} FROM ${checkpointTable})
       TO ${quoteText(scratch.localPath(name))} (FORMAT parquet, COMPRESSION snappy)`,
    );
    await storeUnlessThere(storage, path, scratch.localPath(name));
    crashPoint('during-checkpoint');
    await pointTo(storage, state.version, {
      size,
      sizeInBytes: (await storage.stat(path))?.byteLength,
      numOfAddFiles: actions.adds.length,
    });
  } finally {
    await scratch.delete(name);
  }
}

/**
 * Everything a reader needs that starts here: no history, and no tombstone that nobody may need.
 */
function checkpointActions(state: TableState, nowMs: number): Actions {
  const retention = state.configuration['delta.deletedFileRetentionDuration'] ?? retentionDefault;
  const oldestMs = nowMs - intervalMs(retention);
  return {
    commitInfo: undefined,
    protocol: state.protocol,
    metadata: state.metadata,
    transactions: [...state.transactions].map(([appId, { version, lastUpdatedMs }]) => ({
      appId,
      version,
      lastUpdated: lastUpdatedMs,
    })),
    domains: [...state.domains.values()].filter((domain) => !domain.removed),
    removes: [...state.tombstones.values()].filter(
      (remove) => (remove.deletionTimestamp ?? 0) > oldestMs,
    ),
    adds: state.liveFiles().map((file) => file.action),
  };
}

const checkpointTable = 'helios_checkpoint';
const texts = 'MAP(VARCHAR, VARCHAR)';

/**
 * The protocol's checkpoint schema. Feature lists are NULL where the versions have none, never
 * empty.
 */
const actionTypes = {
  protocol: {
    minReaderVersion: 'INTEGER',
    minWriterVersion: 'INTEGER',
    readerFeatures: ['VARCHAR'],
    writerFeatures: ['VARCHAR'],
  },
  metaData: {
    id: 'VARCHAR',
    name: 'VARCHAR',
    description: 'VARCHAR',
    format: { provider: 'VARCHAR', options: texts },
    schemaString: 'VARCHAR',
    partitionColumns: ['VARCHAR'],
    configuration: texts,
    createdTime: 'BIGINT',
  },
  txn: { appId: 'VARCHAR', version: 'BIGINT', lastUpdated: 'BIGINT' },
  domainMetadata: { domain: 'VARCHAR', configuration: 'VARCHAR', removed: 'BOOLEAN' },
  remove: {
    path: 'VARCHAR',
    deletionTimestamp: 'BIGINT',
    dataChange: 'BOOLEAN',
    extendedFileMetadata: 'BOOLEAN',
    partitionValues: texts,
    size: 'BIGINT',
  },
  add: {
    path: 'VARCHAR',
    partitionValues: texts,
    size: 'BIGINT',
    modificationTime: 'BIGINT',
    dataChange: 'BOOLEAN',
    stats: 'VARCHAR',
    tags: texts,
  },
} as const;

const vectorType = {
  storageType: 'VARCHAR',
  pathOrInlineDv: 'VARCHAR',
  offset: 'INTEGER',
  sizeInBytes: 'INTEGER',
  cardinality: 'BIGINT',
  maxRowIndex: 'BIGINT',
} as const;

/** Only where there are any: readers that know nothing of them need not see the column. */
const withVectors = {
  ...actionTypes,
  remove: { ...actionTypes.remove, deletionVector: vectorType },
  add: { ...actionTypes.add, deletionVector: vectorType },
} as const;

function hasVectors({ adds, removes }: Actions): boolean {
  return [...adds, ...removes].some((action) => action.deletionVector !== undefined);
}

/** Makes a table with a row for each action, each read from JSON; gives the number of them. */
async function fillTable(connection: Connection, actions: Actions, types: object): Promise<number> {
  const shape = quoteText(JSON.stringify([types]));
  const table = `TEMP TABLE ${checkpointTable}`;
  await connection.execute(`CREATE ${table} AS SELECT unnest(from_json('[]', ${shape})) AS action`);
  const insert = async (lines: readonly string[]): Promise<void> => {
    const select = `SELECT unnest(from_json($1, ${shape}))`;
    await connection.rows(`INSERT INTO ${checkpointTable} ${select}`, [`[${lines.join(',')}]`]);
  };
  let count = 0;
  let chunk: string[] = [];
  let chunkLength = 0;
  for (const line of printLines(actions)) {
    count++;
    chunk.push(line);
    chunkLength += line.length;
    if (chunkLength < chunkLengthMax) continue;
    await insert(chunk);
    chunk = [];
    chunkLength = 0;
  }
  await insert(chunk);
  return count;
}

async function storeUnlessThere(storage: Storage, path: string, local: string): Promise<void> {
  try {
    await storage.putFile(path, local);
  } catch (thrown) {
    if (thrown instanceof HeliosError && thrown.code === 'already_exists') return;
    throw thrown;
  }
}

/** `parts` stays away: with it, some readers look for a checkpoint in several files. */
async function pointTo(
  storage: Storage,
  version: TableVersion,
  sizes: Readonly<Record<'size' | 'sizeInBytes' | 'numOfAddFiles', number | undefined>>,
): Promise<void> {
  const known = await lastCheckpointVersion(storage);
  if (known !== undefined && known > version) return;
  const text = JSON.stringify({ version, ...sizes });
  await storage.put(lastCheckpointPath, new TextEncoder().encode(text));
}
