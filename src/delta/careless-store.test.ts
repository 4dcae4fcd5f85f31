import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { Engine } from '../engine/engine.ts';
import { MemoryStorage } from '../storage/memory/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';
import type { CommitRequest } from './delta.ts';
import { commitPath, lastCheckpointPath } from './log/names.ts';
import { DeltaTable, type TableOptions } from './table.ts';

let engine: Engine;
let folder: string;
let options: TableOptions;
let truth: MemoryStorage;
let nowMs = 1_700_000_000_000;
const clock: Clock = {
  nowMs: () => nowMs,
  monotonicMs: () => 0,
  sleep: async () => {},
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-careless-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: folder });
  options = { engine, clock, random: () => 0.5, temporaryFolder: folder };
});
afterAll(async () => {
  engine.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  truth = new MemoryStorage({ clock });
});

const definition = {
  tableId: 'the-table',
  schema: [{ name: 'id', type: { kind: 'integer', bits: 64, isUnsigned: false } }],
  partitionColumns: [],
  configuration: {},
} as const;

async function create(storage: Storage = truth): Promise<DeltaTable> {
  return await DeltaTable.create(storage, { ...options, ...definition });
}

function request(version: number): CommitRequest {
  const add = { partitionValues: {}, byteLength: 1, modifiedAtMs: 1, statsJson: '{}' };
  return {
    operation: 'STREAMING UPDATE',
    transaction: { appId: 'app', expected: version === 1 ? undefined : version - 1, version },
    adds: [{ path: `file-${version}`, ...add }],
    newColumns: [],
  };
}

const theirs = new TextEncoder().encode('{"commitInfo":{"engineInfo":"Spark"}}\n');

/** The storage with some of what it does done otherwise. */
function altered(changes: Partial<Storage>): Storage {
  return {
    kind: 'memory',
    location: truth.location,
    read: async (path) => await truth.read(path),
    readRange: async (path, start, length) => await truth.readRange(path, start, length),
    download: async (path, localPath) => await truth.download(path, localPath),
    stat: async (path) => await truth.stat(path),
    list: (prefix, given) => truth.list(prefix, given),
    putIfAbsent: async (path, bytes) => await truth.putIfAbsent(path, bytes),
    put: async (path, bytes) => await truth.put(path, bytes),
    putFile: async (path, localPath) => await truth.putFile(path, localPath),
    localPath: (path) => truth.localPath(path),
    hold: async (path) => await truth.hold(path),
    delete: async (path) => await truth.delete(path),
    ...changes,
  };
}

describe('a writer that puts commits without a condition', () => {
  test('is told to the one whose commit it overwrote, and not to readers', async () => {
    const table = await create();
    await table.commit(request(1));
    await truth.put(commitPath(1), theirs);
    expect((await table.refresh()).files).toEqual([]);
    for (const asking of [table.reached('app'), table.commit(request(2))]) {
      const failure = await failureOf(asking);
      expect(failure.code).toBe('table_replaced');
      expect(failure.message).toContain('app had committed up to 1 is there up to nothing');
      expect(failure.hint).toContain('without a condition');
    }
    expect(await truth.stat(commitPath(2))).toBeUndefined();
  });

  test('is noticed by the tag, where length and time are the same', async () => {
    let tag = '"1"';
    const storage = altered({
      stat: async (path) => {
        const found = await truth.stat(path);
        return found && { ...found, tag };
      },
    });
    const table = await create(storage);
    await table.commit(request(1));
    const text = new TextDecoder().decode(await truth.read(commitPath(1)));
    const other = text.replaceAll('"app"', '"APP"');
    await truth.put(commitPath(1), new TextEncoder().encode(other));
    expect(await table.reached('app')).toBe(1);
    tag = '"2"';
    expect((await failureOf(table.reached('app'))).code).toBe('table_replaced');
  });

  test('that is as quick as our look at our own commit takes only its place', async () => {
    let isQuick = true;
    const storage = altered({
      putIfAbsent: async (path, bytes) => {
        const outcome = await truth.putIfAbsent(path, bytes);
        if (isQuick && path === commitPath(1)) await truth.put(path, theirs);
        return outcome;
      },
    });
    const table = await create(storage);
    const outcome = await table.commit(request(1));
    expect(outcome).toMatchObject({ kind: 'committed', snapshot: { version: 2 } });
    isQuick = false;
    expect((await DeltaTable.open(truth, options))?.snapshot().files).toHaveLength(1);
  });
});

describe('a commit below the newest that such a writer overwrote', () => {
  const replacements = [
    {
      removes: [
        {
          ...{ path: 'file-1', partitionValues: {}, byteLength: 1, modifiedAtMs: 1 },
          ...{ statsJson: undefined, rowCount: undefined },
        },
      ],
      adds: [
        {
          ...{ path: 'merged', partitionValues: {}, byteLength: 1, modifiedAtMs: 1 },
          statsJson: '{}',
        },
      ],
    },
  ];

  test('is found once it has settled, and its sink is told which', async () => {
    const table = await create();
    for (const version of [1, 2]) await table.commit(request(version));
    await truth.put(commitPath(1), theirs);
    expect(await table.reached('app')).toBe(2);
    expect(await table.lookAtOwnCommits('settled')).toBeUndefined();
    nowMs += 60_000;
    expect(await table.lookAtOwnCommits('settled')).toMatchObject({ code: 'table_replaced' });
    const failure = await failureOf(table.reached('app'));
    expect(failure).toMatchObject({ code: 'table_replaced' });
    expect(failure.message).toContain('version 1 lacks what it had of app');
    expect((await table.refresh()).files.map(({ path }) => path)).toEqual(['file-2']);
    expect(await table.lookAtOwnCommits('all')).toBeUndefined();
  });

  test('is found before files are merged that it had not left so', async () => {
    const table = await create();
    await table.commit(request(1));
    const operation = { operation: 'OPTIMIZE', operationParameters: {} };
    await table.rewrite({ ...operation, fileSchema: definition.schema, replacements });
    await table.commit(request(2));
    await truth.put(commitPath(2), theirs);
    expect((await table.refresh()).files.map(({ path }) => path)).toEqual(['merged', 'file-2']);
    const failure = await table.lookAtOwnCommits('all');
    expect(failure?.message).toContain('version 2 lacks what it had of files');
    expect((await table.refresh()).files.map(({ path }) => path)).toEqual(['file-1', 'file-2']);
    expect(await table.reached('app')).toBe(2);
  });

  test('is ours where its time alone has changed, and none where the log was cleaned up', async () => {
    const table = await create();
    for (const version of [1, 2, 3]) await table.commit(request(version));
    const bytes = await truth.read(commitPath(1));
    nowMs += 60_000;
    await truth.put(commitPath(1), bytes);
    await truth.delete(commitPath(2));
    expect(await table.lookAtOwnCommits('all')).toBeUndefined();
    expect(await table.reached('app')).toBe(3);
  });
});

describe('a listing that is behind the truth', () => {
  const hiding = (isHidden: (path: string) => boolean): Storage =>
    altered({
      list: async function* list(prefix, given) {
        for await (const object of truth.list(prefix, given)) {
          if (!isHidden(object.path)) yield object;
        }
      },
    });

  test.each<[string, readonly number[]]>([
    ['its end', [3]],
    ['all but its beginning', [1, 2, 3]],
    ['its middle', [2]],
    ['several', [1, 3]],
  ])('and misses %s is caught up with', async (_what, hidden) => {
    const table = await create();
    for (const version of [1, 2, 3]) await table.commit(request(version));
    const paths = hidden.map(commitPath);
    const late = await DeltaTable.open(
      hiding((path) => paths.includes(path)),
      options,
    );
    expect(late?.snapshot().version).toBe(3);
    expect(late?.snapshot().files).toHaveLength(3);
  });

  test('and misses all makes no other table in the place of the one that is there', async () => {
    const table = await create();
    await table.commit(request(1));
    const late = await create(hiding(() => true));
    expect(late.snapshot()).toMatchObject({ tableId: 'the-table', version: 1 });
    await truth.delete(commitPath(0));
    await truth.put(lastCheckpointPath, new TextEncoder().encode('{"version":5}'));
    expect((await failureOf(create(hiding(() => true)))).message).toContain('version 5 at least');
    expect(await truth.stat(commitPath(0))).toBeUndefined();
  });
});

async function failureOf(promise: Promise<unknown>): Promise<HeliosError> {
  const thrown: unknown = await promise.catch((reason: unknown) => reason);
  expect(thrown).toBeInstanceOf(HeliosError);
  return thrown as HeliosError;
}
