import { randomUUID } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crashPoint } from '../../base/crash-point.ts';
import { HeliosError } from '../../base/errors.ts';
import { quoteText } from '../../engine/types.ts';
import type { Storage } from '../../storage/storage.ts';
import { type Actions, printLines } from '../actions.ts';
import type { TableVersion } from '../delta.ts';
import { intervalMs } from '../interval.ts';
import type { TableState } from '../state.ts';
import { lastCheckpointVersion } from './log.ts';
import { checkpointPath, lastCheckpointPath } from './names.ts';
import type { CheckpointOptions } from './read-checkpoint.ts';

/** Text that is written to the temporary file at once. */
const chunkLengthMax = 1 << 20;
/** DuckDB allocates twice the longest object it is told to expect; few actions come near this. */
const objectBytesMin = 1 << 20;

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
  const work = join(options.temporaryFolder, `checkpoint-${randomUUID()}`);
  const [lines, parquet] = [`${work}.ndjson`, `${work}.parquet`];
  try {
    const actions = checkpointActions(state, options.nowMs);
    const { lineCount, lineBytesMax } = await writeLines(lines, actions);
    await using connection = await options.engine.connect();
    await connection.execute(
      `COPY (SELECT * FROM read_json(${quoteText(lines)}, format = 'newline_delimited',
        maximum_object_size = ${Math.max(lineBytesMax, objectBytesMin)}, columns = ${columns}))
       TO ${quoteText(parquet)} (FORMAT parquet, COMPRESSION snappy)`,
    );
    const { size } = await stat(parquet);
    await storeUnlessThere(storage, checkpointPath(state.version), parquet);
    crashPoint('during-checkpoint');
    await pointTo(storage, state.version, {
      size: lineCount,
      sizeInBytes: size,
      numOfAddFiles: actions.adds.length,
    });
  } finally {
    for (const path of [lines, parquet]) await rm(path, { force: true });
  }
}

/** Everything a reader needs that starts here: no history, and no tombstone that nobody may need. */
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

/** The protocol's checkpoint schema. Feature lists are NULL where the versions have none, never empty. */
const columns = `{
  protocol: 'STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER,
    readerFeatures VARCHAR[], writerFeatures VARCHAR[])',
  "metaData": 'STRUCT(id VARCHAR, name VARCHAR, description VARCHAR,
    format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR,
    partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)',
  txn: 'STRUCT(appId VARCHAR, version BIGINT, lastUpdated BIGINT)',
  "domainMetadata": 'STRUCT(domain VARCHAR, configuration VARCHAR, removed BOOLEAN)',
  remove: 'STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN,
    extendedFileMetadata BOOLEAN, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT)',
  "add": 'STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT,
    modificationTime BIGINT, dataChange BOOLEAN, stats VARCHAR, tags MAP(VARCHAR, VARCHAR))'
}`;

async function writeLines(
  path: string,
  actions: Actions,
): Promise<{ readonly lineCount: number; readonly lineBytesMax: number }> {
  const file = await open(path, 'wx');
  let lineCount = 0;
  let lineBytesMax = 0;
  try {
    let chunk = '';
    for (const line of printLines(actions)) {
      lineCount++;
      lineBytesMax = Math.max(lineBytesMax, Buffer.byteLength(line));
      chunk += line;
      if (chunk.length < chunkLengthMax) continue;
      await file.appendFile(chunk);
      chunk = '';
    }
    await file.appendFile(chunk);
  } finally {
    await file.close();
  }
  return { lineCount, lineBytesMax };
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
  sizes: Readonly<Record<'size' | 'sizeInBytes' | 'numOfAddFiles', number>>,
): Promise<void> {
  const known = await lastCheckpointVersion(storage);
  if (known !== undefined && known > version) return;
  const text = JSON.stringify({ version, ...sizes });
  await storage.put(lastCheckpointPath, new TextEncoder().encode(text));
}
