import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { Engine } from '../engine/engine.ts';
import type { Schema } from '../event/schema.ts';
import { MemoryStorage } from '../storage/memory/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';
import type { CommitRequest, NewDataFile } from './delta.ts';
import { commitPath } from './log/names.ts';
import { DeltaTable, type TableOptions } from './table.ts';

let engine: Engine;
let folder: string;
let options: TableOptions;
let storage: Storage;

const clock: Clock = {
  nowMs: () => 1_700_000_000_000,
  monotonicMs: () => 0,
  sleep: async () => {},
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-delta-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: folder });
  options = { engine, clock, random: () => 0.5, temporaryFolder: folder };
});
afterAll(async () => {
  engine.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  storage = new MemoryStorage();
});

const long = { kind: 'integer', bits: 64, isUnsigned: false } as const;
const text = { kind: 'text' } as const;
const schema: Schema = [
  { name: 'id', type: long },
  { name: 'place', type: text },
];
const definition = {
  tableId: '5f0f9a3e-0000-4000-8000-000000000001',
  schema,
  partitionColumns: ['place'],
  configuration: { 'delta.appendOnly': 'true' },
};

describe('creating and opening', () => {
  test('where no table is, none is opened', async () => {
    expect(await DeltaTable.open(storage, options)).toBeUndefined();
  });

  test('a new table is version 0, and opens as what it was made', async () => {
    await create();
    const table = await DeltaTable.open(storage, options);
    expect(table?.snapshot()).toMatchObject({
      version: 0,
      tableId: definition.tableId,
      protocol: { minReaderVersion: 1, minWriterVersion: 2 },
      schema,
      partitionColumns: ['place'],
      configuration: { 'delta.appendOnly': 'true' },
      files: [],
    });
  });

  test('the first commit is what the protocol asks for', async () => {
    await create();
    expect(await actionsOf(0)).toEqual([
      { commitInfo: expect.objectContaining({ operation: 'CREATE TABLE' }) },
      { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
      {
        metaData: {
          id: definition.tableId,
          format: { provider: 'parquet', options: {} },
          schemaString:
            '{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},' +
            '{"name":"place","type":"string","nullable":true,"metadata":{}}]}',
          partitionColumns: ['place'],
          configuration: { 'delta.appendOnly': 'true' },
          createdTime: clock.nowMs(),
        },
      },
    ]);
  });

  test('who loses the race opens the table of the winner', async () => {
    const tables = await Promise.all(
      Array.from({ length: 8 }, async (_, index) =>
        DeltaTable.create(storage, { ...options, ...definition, tableId: `table-${index}` }),
      ),
    );
    expect(new Set(tables.map((table) => table.snapshot().tableId)).size).toBe(1);
  });

  test.each([
    [
      { schema: [{ name: 'id', type: text }, schema[1]!] },
      /its column id is missing or has another/,
    ],
    [{ partitionColumns: [] }, /it is partitioned by \(place\), not by \(\)/],
  ])('a table that differs is not opened instead: %#', async (changes, message) => {
    await create();
    const creating = DeltaTable.create(storage, { ...options, ...definition, ...changes });
    await expect(creating).rejects.toThrow(message);
    expect(await codeOf(creating)).toBe('already_exists');
  });

  test.each([
    [{ partitionColumns: ['nowhere'] }, /partition column nowhere is not a column/],
    [{ partitionColumns: ['id', 'place'] }, /Every column of the table is a partition column/],
    [{ schema: [{ name: 'a b', type: text }], partitionColumns: [] }, /column "a b" cannot be/],
    [
      { schema: [...schema, { name: 'ID', type: text }], partitionColumns: [] },
      /column name "ID" is there twice/,
    ],
  ])('a definition that makes no table is refused: %#', async (changes, message) => {
    const creating = DeltaTable.create(storage, { ...options, ...definition, ...changes });
    await expect(creating).rejects.toThrow(message);
    expect(await storage.stat(commitPath(0))).toBeUndefined();
  });
});

describe('committing', () => {
  test('a commit adds its files and moves its transaction', async () => {
    const table = await create();
    const before = table.snapshot();
    const outcome = await table.commit(request({ adds: [file('a b.parquet')], version: 7 }));
    expect(outcome.kind).toBe('committed');
    expect(table.snapshot()).toMatchObject({
      version: 1,
      files: [{ path: 'a b.parquet', partitionValues: { place: 'x' }, rowCount: 3 }],
    });
    expect(table.snapshot().transactions.get('app')).toEqual({
      version: 7,
      lastUpdatedMs: clock.nowMs(),
    });
    expect(before).toMatchObject({ version: 0, files: [] });
    expect(await reopened()).toEqual(contentOf(table));
  });

  test('the commit file has commitInfo first, and what others need', async () => {
    const table = await create();
    await table.commit(request({ adds: [file('a b.parquet')], version: 7 }));
    expect(await actionsOf(1)).toEqual([
      {
        commitInfo: {
          timestamp: clock.nowMs(),
          operation: 'STREAMING UPDATE',
          operationParameters: {},
          readVersion: 0,
          isolationLevel: 'WriteSerializable',
          isBlindAppend: true,
          operationMetrics: { numFiles: '1', numOutputBytes: '10' },
          engineInfo: expect.stringMatching(/^Helios\//),
          txnId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        },
      },
      { txn: { appId: 'app', version: 7, lastUpdated: clock.nowMs() } },
      {
        add: {
          path: 'a%20b.parquet',
          partitionValues: { place: 'x' },
          size: 10,
          modificationTime: 5,
          dataChange: true,
          stats: '{"numRecords":3}',
        },
      },
    ]);
  });

  test('a transaction that is not as expected is not committed over', async () => {
    const table = await create();
    const other = await DeltaTable.open(storage, options);
    await other!.commit(request({ adds: [file('theirs')], version: 3 }));
    const outcome = await table.commit(request({ adds: [file('ours')], version: 3 }));
    expect(outcome).toMatchObject({ kind: 'overtaken', txnVersion: 3, snapshot: { version: 1 } });
    expect(await storage.stat(commitPath(2))).toBeUndefined();
  });

  test('commits of other applications are followed, not in the way', async () => {
    const table = await create();
    const other = await DeltaTable.open(storage, options);
    await other!.commit(request({ adds: [file('theirs')], appId: 'other' }));
    const outcome = await table.commit(request({ adds: [file('ours')] }));
    expect(outcome).toMatchObject({ kind: 'committed', snapshot: { version: 2 } });
    expect(table.snapshot().files.map((live) => live.path)).toEqual(['theirs', 'ours']);
  });

  test('new columns are added in the same commit, which is then no blind append', async () => {
    const table = await create();
    const newColumns: Schema = [{ name: 'extra', type: long }];
    await table.commit(request({ adds: [file('a')], newColumns }));
    expect(table.snapshot().schema).toEqual([...schema, ...newColumns]);
    expect(table.snapshot().tableId).toBe(definition.tableId);
    expect((await actionsOf(1))[0]).toMatchObject({ commitInfo: { isBlindAppend: false } });
  });
});

async function create(): Promise<DeltaTable> {
  return await DeltaTable.create(storage, { ...options, ...definition });
}

async function reopened(): Promise<object> {
  return contentOf((await DeltaTable.open(storage, options))!);
}

function contentOf(table: DeltaTable): object {
  const { version, tableId, schema: columns, files, transactions } = table.snapshot();
  return { version, tableId, columns, files, transactions };
}

function file(path: string): NewDataFile {
  return {
    path,
    partitionValues: { place: 'x' },
    byteLength: 10,
    modifiedAtMs: 5,
    statsJson: '{"numRecords":3}',
  };
}

function request(fields: {
  readonly adds: readonly NewDataFile[];
  readonly appId?: string;
  readonly expected?: number;
  readonly version?: number;
  readonly newColumns?: Schema;
}): CommitRequest {
  return {
    operation: 'STREAMING UPDATE',
    transaction: {
      appId: fields.appId ?? 'app',
      expected: fields.expected,
      version: fields.version ?? 1,
    },
    adds: fields.adds,
    newColumns: fields.newColumns ?? [],
  };
}

async function actionsOf(version: number): Promise<unknown[]> {
  const bytes = await storage.read(commitPath(version));
  const lines = new TextDecoder().decode(bytes).split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line): unknown => JSON.parse(line));
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const thrown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return thrown instanceof HeliosError ? thrown.code : `not a HeliosError: ${String(thrown)}`;
}
