import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { armCrashPoint } from '../../base/crash-point.ts';
import { DeltaTable } from '../../delta/table.ts';
import { Engine } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import type { Schema } from '../../event/schema.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import type { Part } from '../sink.ts';
import { DeltaSink, type DeltaSinkOptions } from './delta-sink.ts';

const schema: Schema = [
  { name: 'id', type: { kind: 'integer', bits: 64, isUnsigned: false } },
  { name: 'Key', type: { kind: 'text' } },
  { name: 'at', type: { kind: 'timestamp' } },
];

const plain: DeltaSinkOptions['connector'] = {
  kind: 'delta',
  path: 'table',
  storage: {},
  partitionFields: [],
  timePartitionPattern: undefined,
  rolling: {
    intervalMs: undefined,
    fileBytes: undefined,
    inactivityMs: undefined,
    onWatermark: false,
  },
  naming: { prefix: undefined, suffix: undefined, strategy: 'uuid' },
  compression: 'zstd',
  rowGroupBytes: undefined,
};

let directory: string;
let engine: Engine;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-delta-sink-'));
  await mkdir(join(directory, 'parts'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: directory });
});

afterEach(async () => {
  engine.close();
  await rm(directory, { recursive: true, force: true });
});

async function openSink(
  connector: Partial<DeltaSinkOptions['connector']> = {},
  storage = new FileStorage(join(directory, 'table')),
): Promise<{ readonly sink: DeltaSink; readonly table: DeltaTable }> {
  const whole = { ...plain, ...connector };
  const table = await DeltaTable.create(storage, {
    engine,
    clock: systemClock,
    random: Math.random,
    temporaryFolder: directory,
    tableId: 'the-table',
    schema,
    partitionColumns: whole.partitionFields,
    configuration: {},
  });
  const sink = new DeltaSink({
    table,
    storage,
    engine,
    clock: systemClock,
    connector: whole,
    schema,
    timeColumn: whole.timePartitionPattern === undefined ? undefined : 'at',
    stagingDirectory: join(directory, 'table', '_helios', 'staging', 'p'),
    onProblem: () => undefined,
  });
  return { sink, table };
}

async function makePart(sink: DeltaSink, epoch: number, values: string): Promise<Part> {
  const name = `${epoch}.parquet`;
  const path = join(directory, 'parts', name);
  await using connection = await engine.connect();
  const [row] = await connection.rows(
    `COPY (SELECT id::BIGINT AS id, "Key"::VARCHAR AS "Key", "at"::TIMESTAMPTZ AS "at"
       FROM (VALUES ${values}) AS t(id, "Key", "at")) TO ${quoteText(path)} (${sink.copyOptions}, RETURN_STATS)`,
  );
  const byteLength = Number(row?.['file_size_bytes']);
  const isFinal = sink.finalBytesMin !== undefined && byteLength >= sink.finalBytesMin;
  return {
    name,
    path,
    firstEpoch: epoch,
    lastEpoch: epoch,
    rowCount: Number(row?.['count']),
    byteLength,
    statsJson: isFinal ? sink.statsOf(row ?? {}) : undefined,
    newestAtMs: 1,
  };
}

function request(
  parts: readonly Part[],
  from: number | undefined,
  to: number,
): Parameters<DeltaSink['roll']>[0] {
  return {
    sinkId: 'p/s',
    parts,
    from,
    to,
    note: { pipeline: 'p' },
    signal: new AbortController().signal,
  };
}

describe('a delta sink', () => {
  test('merges parts into one file with stats, and moves the txn on', async () => {
    const { sink, table } = await openSink();
    const parts = [
      await makePart(sink, 1, "(1, 'a', '2024-01-01')"),
      await makePart(sink, 2, "(2, NULL, '2024-01-02')"),
    ];
    expect(await sink.txnEpoch('p/s')).toBeUndefined();
    expect(await sink.roll(request(parts, undefined, 5))).toMatchObject({
      kind: 'rolled',
      fileCount: 1,
    });
    expect(await sink.txnEpoch('p/s')).toBe(5);
    const [file] = table.snapshot().files;
    expect(JSON.parse(file?.statsJson ?? '')).toMatchObject({
      numRecords: 2,
      minValues: { id: 1, Key: 'a' },
      maxValues: { id: 2, Key: 'a' },
      nullCount: { id: 0, Key: 1 },
    });
    expect((await stat(join(directory, 'table', file?.path ?? ''))).size).toBe(file?.byteLength);
    expect(await readdir(join(directory, 'table', '_helios', 'staging', 'p'))).toEqual([]);
  });

  test('makes a file of a part that is large enough as it is', async () => {
    const rolling = { ...plain.rolling, fileBytes: 8 };
    const { sink, table } = await openSink({ rolling });
    const part = await makePart(sink, 1, "(1, 'a', '2024-01-01')");
    await sink.roll(request([part], undefined, 1));
    const [file] = table.snapshot().files;
    const stored = await stat(join(directory, 'table', file?.path ?? ''));
    expect(stored.ino).toBe((await stat(part.path)).ino);
    expect(JSON.parse(file?.statsJson ?? '')).toMatchObject({
      numRecords: 1,
      minValues: { id: 1 },
    });
  });

  test('that was overtaken leaves nothing and says how far the table is', async () => {
    const { sink, table } = await openSink();
    const parts = [await makePart(sink, 1, "(1, 'a', '2024-01-01')")];
    await sink.roll(request(parts, undefined, 3));
    const before = table.snapshot().version;
    expect(await sink.roll(request(parts, undefined, 4))).toEqual({
      kind: 'overtaken',
      txnEpoch: 3,
    });
    expect(await sink.roll(request(parts, 2, 4))).toEqual({ kind: 'overtaken', txnEpoch: 3 });
    expect(table.snapshot().version).toBe(before);
    expect(table.snapshot().files).toHaveLength(1);
  });

  test('keeps the note of its last commit alone', async () => {
    const { sink } = await openSink();
    const folder = join(directory, 'table', '_helios', 'p', 's');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, '00000000000000000002.json'), 'of a roll that came to nothing');
    for (const epoch of [1, 3, 5]) {
      const part = await makePart(sink, epoch, "(1, 'a', '2024-01-01')");
      await sink.roll(request([part], epoch === 1 ? undefined : epoch - 2, epoch));
    }
    expect(await readdir(folder)).toEqual(['00000000000000000005.json']);
  });

  test('splits by partition field: NULL, and text of any kind, come back as they were', async () => {
    const { sink, table } = await openSink({ partitionFields: ['Key'] });
    const odd = [
      "it's",
      'a/b',
      'a=b',
      'a%2Fb',
      'é 🌍',
      ' ',
      'x"y',
      '__HIVE_DEFAULT_PARTITION__',
      '..',
      'a:b?c#d',
    ];
    const values = [null, ...odd].map(
      (key, index) => `(${index}, ${key === null ? 'NULL' : quoteText(key)}, '2024-01-01')`,
    );
    const part = await makePart(sink, 1, values.join(', '));
    expect(sink.finalBytesMin).toBeUndefined();
    await sink.roll(request([part], undefined, 1));
    const { files } = table.snapshot();
    const keys = files.map((file) => file.partitionValues['Key'] ?? null);
    expect(new Set(keys)).toEqual(new Set([null, ...odd]));
    await using connection = await engine.connect();
    for (const file of files) {
      const path = join(directory, 'table', file.path);
      const columns = await connection.describe(
        `SELECT * FROM read_parquet(${quoteText(path)}, hive_partitioning = false)`,
      );
      expect(columns.map(({ name }) => name)).toEqual(['id', 'at']);
    }
  });

  test('splits by the time of the rows', async () => {
    const { sink, table } = await openSink({ timePartitionPattern: '%Y/%m/%d' });
    const values =
      "(1, 'a', '2024-01-01 10:00:00Z'), (2, 'b', '2024-01-02 10:00:00Z'), (3, 'c', NULL)";
    await sink.roll(request([await makePart(sink, 1, values)], undefined, 1));
    const folders = table.snapshot().files.map(({ path }) => path.slice(0, path.lastIndexOf('/')));
    expect(folders.toSorted()).toEqual(['2024/01/01', '2024/01/02', '__HIVE_DEFAULT_PARTITION__']);
    expect(table.snapshot().partitionColumns).toEqual([]);
  });
});

describe('rolls that come to nothing', () => {
  afterEach(() => armCrashPoint('nowhere', () => undefined));

  const one = "(1, 'a', '2024-01-01')";

  async function filesThere(): Promise<readonly string[]> {
    const names = await readdir(join(directory, 'table'), { recursive: true });
    return names.filter((name) => name.endsWith('.parquet')).toSorted();
  }

  /** As a process that dies before its commit. */
  async function failedRoll(from: number | undefined, to: number): Promise<DeltaSink> {
    const { sink } = await openSink();
    const part = await makePart(sink, to, one);
    armCrashPoint('before-commit', () => {
      throw new Error('The end.');
    });
    await expect(sink.roll(request([part], from, to))).rejects.toThrow('The end.');
    return sink;
  }

  test('leave files until the next one is committed, however many they were', async () => {
    const { sink } = await openSink();
    await sink.roll(request([await makePart(sink, 1, one)], undefined, 1));
    await failedRoll(1, 3);
    await failedRoll(1, 3);
    await failedRoll(1, 4);
    expect(await filesThere()).toHaveLength(4);
    const { sink: next, table } = await openSink();
    await next.roll(request([await makePart(next, 5, one)], 1, 5));
    expect(await filesThere()).toEqual(
      table
        .snapshot()
        .files.map(({ path }) => path)
        .toSorted(),
    );
    expect(table.snapshot().files).toHaveLength(2);
  });

  test('in a process that goes on leave no more than in one that comes after it', async () => {
    const sink = await failedRoll(undefined, 1);
    await sink.roll(request([await makePart(sink, 2, one)], undefined, 2));
    expect(await filesThere()).toHaveLength(1);
  });

  test('are none where their commit comes after all', async () => {
    let commitLate = async (): Promise<unknown> => undefined;
    const storage = new (class extends FileStorage {
      override async putFile(path: string, localPath: string): Promise<void> {
        await super.putFile(path, localPath);
        await commitLate();
      }
    })(join(directory, 'table'));
    const { table: late } = await openSink();
    await failedRoll(undefined, 3);
    const [file = ''] = await filesThere();
    commitLate = async () =>
      await late.commit({
        operation: 'STREAMING UPDATE',
        transaction: { appId: 'p/s', expected: undefined, version: 3 },
        adds: [
          { path: file, partitionValues: {}, byteLength: 1, modifiedAtMs: 1, statsJson: '{}' },
        ],
        newColumns: [],
      });
    const { sink, table } = await openSink({}, storage);
    const parts = [await makePart(sink, 4, one)];
    expect(await sink.roll(request(parts, undefined, 4))).toEqual({
      kind: 'overtaken',
      txnEpoch: 3,
    });
    expect(await filesThere()).toEqual([file]);
    commitLate = async () => undefined;
    await sink.roll(request(parts, 3, 4));
    expect(await filesThere()).toHaveLength(2);
    expect(table.snapshot().files.map(({ path }) => path)).toContain(file);
  });
});

test('what a process before committed is forced to disk before anything is built on it', async () => {
  const { sink } = await openSink();
  await sink.roll(request([await makePart(sink, 1, "(1, 'a', '2024-01-01')")], undefined, 1));
  const settled: string[] = [];
  const storage = new (class extends FileStorage {
    override async settle(folder: string): Promise<void> {
      await super.settle(folder);
      settled.push(folder);
    }
  })(join(directory, 'table'));
  const { sink: next } = await openSink({}, storage);
  expect(await next.txnEpoch('p/s')).toBe(1);
  expect(settled).toEqual(['_delta_log']);
  await next.roll(request([await makePart(next, 2, "(2, 'b', '2024-01-01')")], 1, 2));
  expect(await next.txnEpoch('p/s')).toBe(2);
  expect(settled).toHaveLength(1);
});
