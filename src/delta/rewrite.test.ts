import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../base/clock.ts';
import { Engine } from '../engine/engine.ts';
import { MemoryStorage } from '../storage/memory/memory-storage.ts';
import type { DataFile, NewDataFile, RewriteRequest } from './delta.ts';
import { readHistory, versionAt } from './log/history.ts';
import { commitPath } from './log/names.ts';
import { DeltaTable, type TableOptions } from './table.ts';

const long = { kind: 'integer', bits: 64, isUnsigned: false } as const;
const schema = [
  { name: 'id', type: long },
  { name: 'place', type: { kind: 'text' } },
] as const;
const definition = {
  tableId: 'the-table',
  schema,
  partitionColumns: ['place'],
  configuration: {},
};

let engine: Engine;
let folder: string;
let options: TableOptions;
let storage: MemoryStorage;
let table: DeltaTable;
let timeMs = 1000;
const clock: Clock = { nowMs: () => timeMs++, monotonicMs: () => 0, sleep: async () => {} };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-rewrite-'));
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
  await append(['a1', 'a2'], 'a', 1);
  await append(['b1', 'b2'], 'b', 2);
});

describe('a rewrite', () => {
  test('puts files in the place of others in one commit that changes no rows', async () => {
    const outcome = await table.rewrite(rewrite([['a1', 'a2'], 'a3']));
    expect(outcome.committed).toHaveLength(1);
    expect(paths(table)).toEqual(['a3', 'b1', 'b2']);
    expect(await linesOf(3)).toMatchObject([
      { commitInfo: { operation: 'OPTIMIZE', isBlindAppend: false, readVersion: 2 } },
      { remove: { path: 'a1', dataChange: false, extendedFileMetadata: true, size: 10 } },
      { remove: { path: 'a2', dataChange: false, partitionValues: { place: 'a' } } },
      { add: { path: 'a3', dataChange: false } },
    ]);
    expect(table.snapshot().transactions.get('app')?.version).toBe(2);
    const opened = await DeltaTable.open(storage, options);
    expect(
      opened
        ?.snapshot()
        .files.map((file) => file.path)
        .toSorted(),
    ).toEqual(paths(table));
  });

  test('goes on over the append of another writer', async () => {
    const other = await DeltaTable.open(storage, options);
    const request = rewrite([['a1', 'a2'], 'a3']);
    await append(['c1'], 'c', 3, other);
    expect((await table.rewrite(request)).committed).toHaveLength(1);
    expect(paths(table)).toEqual(['a3', 'b1', 'b2', 'c1']);
  });

  test('leaves out what another writer has rewritten, and keeps the rest', async () => {
    const other = await DeltaTable.open(storage, options);
    const request = rewrite([['a1', 'a2'], 'a3'], [['b1', 'b2'], 'b3']);
    await other?.rewrite(rewrite([['a2'], 'a9']));
    const { committed } = await table.rewrite(request);
    expect(committed.map(({ adds }) => adds[0]?.path)).toEqual(['b3']);
    expect(paths(table)).toEqual(['a1', 'a9', 'b3']);
  });

  test('of which nothing holds commits nothing', async () => {
    const request = rewrite([['a1', 'a2'], 'a3']);
    await table.rewrite(rewrite([['a1'], 'a9']));
    expect(await table.rewrite(request)).toMatchObject({ committed: [], snapshot: { version: 3 } });
  });
});

describe('a restore', () => {
  test('makes the files what they were, and leaves the txns', async () => {
    await table.rewrite(rewrite([['a1', 'a2'], 'a3']));
    await append(['c1'], 'c', 3);
    const target = await table.at(2);
    expect(target?.files.map((file) => file.path)).toEqual(['a1', 'a2', 'b1', 'b2']);
    if (target === undefined) return;
    const outcome = await table.restore(target);
    expect(outcome).toMatchObject({ isCommitted: true });
    expect(outcome.filesAdded.map((file) => file.path)).toEqual(['a1', 'a2']);
    expect(outcome.filesRemoved.map((file) => file.path)).toEqual(['a3', 'c1']);
    expect(paths(table)).toEqual(['a1', 'a2', 'b1', 'b2']);
    expect(table.snapshot().transactions.get('app')?.version).toBe(3);
    expect(await table.restore(target)).toMatchObject({ isCommitted: false });
  });

  test('brings columns back as they were', async () => {
    const extra = { name: 'extra', type: long };
    await table.commit({ ...appending(['c1'], 'c', 3), newColumns: [extra] });
    const target = await table.at(2);
    if (target !== undefined) await table.restore(target);
    expect(table.snapshot().schema.map(({ name }) => name)).toEqual(['id', 'place']);
  });

  test('has nothing to go by where the log has no such version', async () => {
    expect(await table.at(17)).toBeUndefined();
  });
});

test('the history says what each commit did, the newest first', async () => {
  await table.rewrite(rewrite([['a1', 'a2'], 'a3']));
  expect(await readHistory(storage, table.snapshot().version, 2)).toMatchObject([
    {
      version: 3,
      operation: 'OPTIMIZE',
      filesAdded: 1,
      pathsAdded: ['a3'],
      filesRemoved: 2,
      rowsAdded: 5,
      isDataChange: false,
    },
    { version: 2, operation: 'STREAMING UPDATE', filesAdded: 2, transactions: { app: 2 } },
  ]);
  const times = await Promise.all(
    [0, 1, 2, 3].map(async (version) => (await storage.stat(commitPath(version)))?.modifiedAtMs),
  );
  for (const [version, at] of times.entries()) {
    expect(await versionAt(storage, at ?? 0)).toBe(version);
  }
  expect(await versionAt(storage, (times[0] ?? 0) - 1)).toBeUndefined();
});

test('a checkpoint is told of', async () => {
  const told: number[] = [];
  const watched = await DeltaTable.open(storage, {
    ...options,
    onCheckpoint: ({ version }) => told.push(version),
  });
  for (let epoch = 3; epoch <= 100; epoch++) await append([`c${epoch}`], 'c', epoch, watched);
  await watched?.maybeCheckpoint();
  expect(told).toEqual([100]);
});

async function append(
  names: readonly string[],
  place: string,
  epoch: number,
  into: DeltaTable | undefined = table,
): Promise<void> {
  await into?.commit(appending(names, place, epoch));
}

function appending(
  names: readonly string[],
  place: string,
  epoch: number,
): Parameters<DeltaTable['commit']>[0] {
  return {
    operation: 'STREAMING UPDATE',
    transaction: { appId: 'app', expected: epoch === 1 ? undefined : epoch - 1, version: epoch },
    adds: names.map((name) => newFile(name, place)),
    newColumns: [],
  };
}

function rewrite(...pairs: readonly (readonly [readonly string[], string])[]): RewriteRequest {
  return {
    operation: 'OPTIMIZE',
    operationParameters: { predicate: '[]' },
    fileSchema: schema,
    replacements: pairs.map(([from, to]) => ({
      removes: from.map((path) => live(path)),
      adds: [newFile(to, from[0]?.slice(0, 1) ?? '')],
    })),
  };
}

function live(path: string): DataFile {
  const found = table.snapshot().files.find((known) => known.path === path);
  if (found === undefined) throw new Error(`${path} is not live`);
  return found;
}

function newFile(path: string, place: string): NewDataFile {
  return {
    path,
    partitionValues: { place },
    byteLength: 10,
    modifiedAtMs: 1,
    statsJson: '{"numRecords":5}',
  };
}

function paths(of: DeltaTable): readonly string[] {
  return of
    .snapshot()
    .files.map((known) => known.path)
    .toSorted();
}

async function linesOf(version: number): Promise<readonly unknown[]> {
  const bytes = await storage.read(commitPath(version));
  return new TextDecoder()
    .decode(bytes)
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}
