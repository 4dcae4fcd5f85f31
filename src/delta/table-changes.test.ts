import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { Engine } from '../engine/engine.ts';
import type { Schema } from '../event/schema.ts';
import { MemoryStorage } from '../storage/memory/memory-storage.ts';
import type { CommitRequest } from './delta.ts';
import { commitPath } from './log/names.ts';
import { DeltaTable, type TableOptions } from './table.ts';

let engine: Engine;
let folder: string;
let options: TableOptions;
let storage: MemoryStorage;
let table: DeltaTable;
let timeMs = 0;

const clock: Clock = { nowMs: () => timeMs++, monotonicMs: () => 0, sleep: async () => {} };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-changes-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: folder });
  options = { engine, clock, random: () => 0.5, temporaryFolder: folder };
});
afterAll(async () => {
  engine.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  storage = new MemoryStorage({ clock });
  table = await DeltaTable.create(storage, { ...options, ...definition });
});

const long = { kind: 'integer', bits: 64, isUnsigned: false } as const;
const text = { kind: 'text' } as const;
const definition = {
  tableId: 'the-table',
  schema: [
    { name: 'id', type: long },
    { name: 'place', type: text },
  ],
  partitionColumns: ['place'],
  configuration: {},
} as const;

describe('a schema that another writer changes before our commit', () => {
  test('by a new column is no obstacle', async () => {
    await foreign([metadata([...fields(), field('theirs', 'string')])]);
    expect(await table.commit(request())).toMatchObject({ kind: 'committed' });
    expect(table.snapshot().schema.map((column) => column.name)).toEqual(['id', 'place', 'theirs']);
  });

  test('by the column that we wanted to add leaves it as it is', async () => {
    await foreign([metadata([...fields(), field('extra', 'long')])]);
    await table.commit({ ...request(), newColumns: [{ name: 'extra', type: long }] });
    expect(table.snapshot().schema.map((column) => column.name)).toEqual(['id', 'place', 'extra']);
    const lines = new TextDecoder().decode(await storage.read(commitPath(2)));
    expect(lines).toContain('"isBlindAppend":true');
    expect(lines).not.toContain('metaData');
  });

  test('keeps what it said of columns when ours are added', async () => {
    const theirs = { ...field('theirs', 'string'), metadata: { comment: 'wörd' } };
    await foreign([metadata([...fields(), theirs], { configuration: { 'custom.a': 'b' } })]);
    await table.commit({ ...request(), newColumns: [{ name: 'extra', type: long }] });
    const lines = new TextDecoder().decode(await storage.read(commitPath(2)));
    expect(lines).toContain('{\\"comment\\":\\"wörd\\"}');
    expect(table.snapshot().configuration).toEqual({ 'custom.a': 'b' });
  });

  test.each<[string, readonly object[], RegExp]>([
    [
      'takes a column away',
      [metadata([fields()[1]!])],
      /its column id is gone or has another type/,
    ],
    [
      'gives a column another type',
      [metadata([field('id', 'string'), fields()[1]!])],
      /its column id is gone or has another type/,
    ],
    [
      'adds our column with another type',
      [metadata([...fields(), field('extra', 'string')])],
      /its column extra is gone or has another type/,
    ],
    [
      'adds our column in other letters',
      [metadata([...fields(), field('EXTRA', 'long')])],
      /its column extra is gone or has another type/,
    ],
    [
      'partitions otherwise',
      [metadata(fields(), { partitionColumns: [] })],
      /partition columns are now \(\)/,
    ],
  ])('stops the commit when it %s', async (_what, actions, message) => {
    await foreign(actions);
    const committing = table.commit({ ...request(), newColumns: [{ name: 'extra', type: long }] });
    await expect(committing).rejects.toThrow(message);
    expect(await codeOf(committing)).toBe('table_conflict');
    expect(await storage.stat(commitPath(2))).toBeUndefined();
  });

  test('stops the commit of files that were written for the columns before', async () => {
    const fileSchema: Schema = [...table.snapshot().schema, { name: 'gone', type: text }];
    expect(await codeOf(table.commit({ ...request(), fileSchema }))).toBe('table_conflict');
  });
});

describe('a table that is not the same any more', () => {
  test('is noticed when it was made anew', async () => {
    await table.commit(request());
    for (const version of [0, 1]) await storage.delete(commitPath(version));
    await DeltaTable.create(storage, { ...options, ...definition, tableId: 'another' });
    expect(await codeOf(table.commit(request({ expected: 1, version: 2 })))).toBe('table_replaced');
    expect(await codeOf(table.refresh())).toBe('table_replaced');
    expect(await storage.stat(commitPath(2))).toBeUndefined();
  });

  test('is noticed when it was made anew and has as many versions', async () => {
    await storage.delete(commitPath(0));
    await DeltaTable.create(storage, { ...options, ...definition, tableId: 'another' });
    expect(await codeOf(table.commit(request()))).toBe('table_replaced');
  });

  test('is noticed when it is gone', async () => {
    await storage.delete(commitPath(0));
    expect(await codeOf(table.commit(request()))).toBe('table_replaced');
    await expect(table.refresh()).rejects.toThrow(/is gone/);
  });

  test('is noticed when it was made anew and has gone further', async () => {
    await storage.delete(commitPath(0));
    const other = { ...options, ...definition, tableId: 'another' };
    await (await DeltaTable.create(storage, other)).commit(request());
    expect(await codeOf(table.refresh())).toBe('table_replaced');
    expect(table.snapshot()).toMatchObject({ version: 0, tableId: 'the-table' });
  });

  test('does not hide that a lost commit was ours', async () => {
    class ForgetfulStorage extends MemoryStorage {
      override async putIfAbsent(path: string, bytes: Uint8Array): Promise<never> {
        await super.putIfAbsent(path, bytes);
        // The head is touched, so the log is read anew.
        await this.put(commitPath(0), await this.read(commitPath(0)));
        throw new HeliosError('storage_failed', 'No answer.');
      }
    }
    const forgetful = new ForgetfulStorage({ clock });
    await forgetful.put(commitPath(0), await storage.read(commitPath(0)));
    const opened = (await DeltaTable.open(forgetful, options))!;
    expect(await opened.commit(request())).toMatchObject({ kind: 'committed' });
    expect(await forgetful.stat(commitPath(2))).toBeUndefined();
  });

  test('is followed past a clean-up that took the versions in between', async () => {
    const busy = (await DeltaTable.open(storage, options))!;
    for (let version = 1; version <= 100; version++) {
      const expected = version === 1 ? undefined : version - 1;
      await busy.commit(request({ expected, version, path: `f${version}` }));
    }
    await busy.maybeCheckpoint();
    expect(await busy.cleanUpLog(timeMs + 100 * 86_400_000)).toBe(100);
    const outcome = await table.commit(request({ expected: 100, version: 101, path: 'late' }));
    expect(outcome).toMatchObject({ kind: 'committed', snapshot: { version: 101 } });
  });
});

describe('a snapshot', () => {
  test('stays as it was while the table goes on', async () => {
    const snapshots = [table.snapshot()];
    for (const version of [1, 2, 3]) {
      const expected = version === 1 ? undefined : version - 1;
      await table.commit(request({ expected, version, path: `f${version}` }));
      snapshots.push(table.snapshot());
    }
    await foreign([{ remove: { path: 'f2', dataChange: true, deletionTimestamp: 1 } }], 4);
    snapshots.push(await table.refresh());
    await foreign([{ add: { ...addOf('f1'), size: 9 } }, { add: addOf('f5') }], 5);
    snapshots.push(await table.refresh());
    expect(
      snapshots.map((each) => each.files.map((file) => `${file.path}:${file.byteLength}`)),
    ).toEqual([
      [],
      ['f1:1'],
      ['f1:1', 'f2:1'],
      ['f1:1', 'f2:1', 'f3:1'],
      ['f1:1', 'f3:1'],
      ['f1:9', 'f3:1', 'f5:1'],
    ]);
    expect(snapshots.map((each) => each.transactions.get('app')?.version)).toEqual([
      undefined,
      1,
      2,
      3,
      3,
      3,
    ]);
  });
});

describe('what stands in the way', () => {
  const reader = (feature: string, column = field('id', 'long')): object[] => [
    { protocol: protocolWith([feature]) },
    metadata([column, fields()[1]!]),
  ];

  test.each<[string, object[]]>([
    ['geospatial', reader('geospatial')],
    ['catalogManaged', reader('catalogManaged')],
    ['reader version 4', [{ protocol: { minReaderVersion: 4, minWriterVersion: 7 } }]],
    [
      'columnMapping (mode odd)',
      [metadata(fields(), { configuration: { 'delta.columnMapping.mode': 'odd' } })],
    ],
    [
      'deletionVectors with the storage type "x" (file v)',
      [{ add: { ...addOf('v'), deletionVector: { storageType: 'x' } } }],
    ],
  ])('of reading is refused by name: %s', async (name, actions) => {
    await foreign(actions);
    for (const opening of [DeltaTable.open(storage, options), table.refresh()]) {
      await expect(opening).rejects.toThrow(`Helios cannot read this Delta table: it uses `);
      await expect(opening).rejects.toThrow(name);
      expect(await codeOf(opening)).toBe('unsupported_table');
    }
  });

  test.each<[string, object[]]>([
    ['rowTracking', [{ protocol: writerWith('rowTracking') }]],
    ['clustering', [{ protocol: writerWith('clustering') }]],
    ['writer version 8', [{ protocol: { minReaderVersion: 1, minWriterVersion: 8 } }]],
    [
      'inCommitTimestamp',
      [metadata(fields(), { configuration: { 'delta.enableInCommitTimestamps': 'true' } })],
    ],
    [
      'CHECK constraint',
      [metadata(fields(), { configuration: { 'delta.constraints.a': 'id > 0' } })],
    ],
    ['a generated column (column id)', columnWith({ 'delta.generationExpression': '1' })],
    ['an identity column', columnWith({ 'delta.identity.start': 1 })],
    ['a column invariant', columnWith({ 'delta.invariants': '{}' })],
    ['a column default', columnWith({ CURRENT_DEFAULT: '1' })],
    [
      'a NOT NULL column (id)',
      [metadata([{ ...field('id', 'long'), nullable: false }, fields()[1]!])],
    ],
    ['columnMapping (mode name)', [metadata([], { configuration: mappedByName })]],
    ['the feature typeWidening (column id)', columnWith({ 'delta.typeChanges': [] })],
    ['a column without a type (n)', [metadata([...fields(), field('n', 'void')])]],
  ])('of appending is refused by name, reading is not: %s', async (name, actions) => {
    await foreign(actions);
    const opened = (await DeltaTable.open(storage, options))!;
    expect(() => opened.checkAppendable()).toThrow(name);
    const committing = table.commit(request());
    await expect(committing).rejects.toThrow(name);
    expect(await codeOf(committing)).toBe('unsupported_table');
  });

  test.each([
    ['appendOnly', 'invariants', 'checkConstraints', 'changeDataFeed', 'generatedColumns'],
    ['domainMetadata', 'allowColumnDefaults', 'identityColumns', 'inCommitTimestamp'],
    [
      'deletionVectors',
      'columnMapping',
      'v2Checkpoint',
      'timestampNtz',
      'typeWidening',
      'variantType',
    ],
  ])('features that are listed and not in use are not in the way: %s …', async (...features) => {
    const reading = /Vectors|Mapping|Checkpoint|Ntz|Widening|variantT/;
    const readers = features.filter((each) => reading.test(each));
    await foreign([{ protocol: { ...protocolWith(readers), writerFeatures: features } }]);
    expect(await table.commit(request())).toMatchObject({ kind: 'committed' });
  });

  test('of types that Helios lacks is refused with the column', async () => {
    await foreign([metadata([field('id', 'variant'), fields()[1]!])]);
    await expect(table.refresh()).rejects.toThrow('The column id has the type "variant"');
  });

  test('of files elsewhere is refused', async () => {
    await foreign([{ add: addOf('s3://bucket/a.parquet') }]);
    await expect(table.refresh()).rejects.toThrow(/outside its own folder/);
  });
});

test('a failure that does not pass by itself is not tried again', async () => {
  class FullStorage extends MemoryStorage {
    override async putIfAbsent(): Promise<never> {
      attempts++;
      throw new HeliosError('disk_full', 'The disk is full.');
    }
  }
  let attempts = 0;
  const full = new FullStorage({ clock });
  await full.put(commitPath(0), await storage.read(commitPath(0)));
  const opened = (await DeltaTable.open(full, options))!;
  expect(await codeOf(opened.commit(request()))).toBe('disk_full');
  expect(attempts).toBe(1);
});

test('a storage that never answers is given up', async () => {
  class DeafStorage extends MemoryStorage {
    override async putIfAbsent(): Promise<never> {
      attempts++;
      throw new HeliosError('storage_failed', 'No answer.');
    }
  }
  let attempts = 0;
  const deaf = new DeafStorage({ clock });
  await deaf.put(commitPath(0), await storage.read(commitPath(0)));
  const opened = (await DeltaTable.open(deaf, options))!;
  expect(await codeOf(opened.commit(request()))).toBe('storage_failed');
  expect(attempts).toBe(20);
});

function fields(): readonly object[] {
  return [field('id', 'long'), field('place', 'string')];
}

function field(name: string, type: string): object {
  return { name, type, nullable: true, metadata: {} };
}

const mappedByName = { 'delta.columnMapping.mode': 'name' };

function columnWith(columnMetadata: object): object[] {
  return [metadata([{ ...field('id', 'long'), metadata: columnMetadata }, fields()[1]!])];
}

function metadata(columns: readonly object[], changes: object = {}): object {
  return {
    metaData: {
      id: definition.tableId,
      format: { provider: 'parquet', options: {} },
      schemaString: JSON.stringify({ type: 'struct', fields: columns }),
      partitionColumns: ['place'],
      configuration: {},
      ...changes,
    },
  };
}

function protocolWith(readerFeatures: readonly string[]): object {
  return {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures,
    writerFeatures: readerFeatures,
  };
}

function writerWith(feature: string): object {
  return { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: [feature] };
}

function addOf(path: string): object {
  return { path, partitionValues: { place: 'x' }, size: 1, modificationTime: 1, dataChange: true };
}

function request(
  given: { expected?: number | undefined; version?: number; path?: string } = {},
): CommitRequest {
  const { expected, version = 1, path = `file-${version}` } = given;
  return {
    operation: 'WRITE',
    transaction: { appId: 'app', expected, version },
    adds: [
      { path, partitionValues: { place: 'x' }, byteLength: 1, modifiedAtMs: 1, statsJson: '{}' },
    ],
    newColumns: [],
  };
}

async function foreign(actions: readonly object[], version = 1): Promise<void> {
  await storage.put(commitPath(version), linesOf(actions));
}

function linesOf(actions: readonly object[]): Uint8Array {
  return new TextEncoder().encode(actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const thrown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return thrown instanceof HeliosError ? thrown.code : `not a HeliosError: ${String(thrown)}`;
}
