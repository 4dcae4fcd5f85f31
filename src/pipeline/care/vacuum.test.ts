import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { DeltaTable } from '../../delta/table.ts';
import { Engine } from '../../engine/engine.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import { deleteLeftovers, leaveNote } from './leftovers.ts';
import { Pace } from './pace.ts';
import { checkRetention, retentionOf, vacuum, type VacuumContext } from './vacuum.ts';

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
const long = { kind: 'integer', bits: 64, isUnsigned: false } as const;

let folder: string;
let engine: Engine;
let context: VacuumContext;
let epoch: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-vacuum-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: folder });
  const storage = new FileStorage(join(folder, 't'));
  const delta = await DeltaTable.create(storage, {
    ...{ engine, clock: systemClock, random: Math.random, temporaryFolder: folder },
    ...{ tableId: 'the-table', partitionColumns: ['_p'], configuration: {} },
    schema: [
      { name: 'id', type: long },
      { name: '_p', type: { kind: 'text' } },
    ],
  });
  const quick = { requestsPerSecond: 1e6, busyCount: () => 0, restMsMax: 0 };
  context = {
    ...{ storage, delta, nowMs: () => Date.now(), onProgress: () => undefined },
    pace: new Pace({ ...quick, clock: systemClock }),
    signal: new AbortController().signal,
  };
  epoch = 0;
});

afterEach(async () => {
  engine.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a vacuum', () => {
  test('takes old files that no version names, and nothing else', async () => {
    await put('_p=a/live.parquet', 30);
    await commit('_p=a/live.parquet');
    const goners = ['_p=a/orphan.parquet', 'odd/orphan.parquet', 'orphan.parquet'];
    for (const path of goners) await put(path, 8);
    const others = [
      ['_p=a/young.parquet', 6],
      ['_helios/staging/old.parquet', 30],
      ['.hidden/old.parquet', 30],
      ['notes.txt', 30],
      ['deletion_vector_x.bin', 30],
      ['inner/_delta_log/00000000000000000000.json', 30],
      ['inner/file.parquet', 30],
    ] as const;
    for (const [path, days] of others) await put(path, days);
    const dry = await vacuum(context, { retentionMs: weekMs, isDryRun: true });
    expect(dry).toMatchObject({ paths: goners, files: 3, orphans: 3 });
    expect(await vacuum(context, { retentionMs: weekMs, isDryRun: false })).toEqual(dry);
    const left = await readdir(join(folder, 't'), { recursive: true });
    expect(left).toEqual(expect.arrayContaining(['_p=a/live.parquet', ...others.map(([p]) => p)]));
    for (const path of goners) expect(left).not.toContain(path);
  });

  test('keeps what a version within the retention needs, however old the file is', async () => {
    await put('_p=a/old.parquet', 30);
    await put('_p=a/new.parquet', 30);
    await commit('_p=a/old.parquet');
    const [file] = context.delta.snapshot().files;
    if (file === undefined) throw new Error('it is live');
    await context.delta.rewrite({
      ...{ operation: 'OPTIMIZE', operationParameters: {} },
      fileSchema: context.delta.snapshot().schema,
      replacements: [{ removes: [file], adds: [newFile('_p=a/new.parquet')] }],
    });
    const options = { retentionMs: weekMs, isDryRun: false };
    expect(await vacuum(context, options)).toMatchObject({ files: 0 });
    const later = { ...context, nowMs: () => Date.now() + 8 * dayMs };
    expect(await vacuum(later, options)).toMatchObject({
      paths: ['_p=a/old.parquet'],
      orphans: 0,
    });
  });

  test('of less than a week is for who insists, of more for who has said so before', () => {
    const of = (configuration: Record<string, string>) => ({ configuration });
    const longer = { 'delta.deletedFileRetentionDuration': 'interval 30 days' };
    expect(retentionOf({})).toBe(weekMs);
    expect(retentionOf(longer)).toBe(30 * dayMs);
    expect(() => checkRetention(of({}), weekMs, false)).not.toThrow();
    expect(() => checkRetention(of({}), weekMs - 1, false)).toThrow(/less than 168 hours/);
    expect(() => checkRetention(of({}), 0, true)).not.toThrow();
    expect(() => checkRetention(of({}), 8 * dayMs, true)).toThrow(/remembers for 168 hours/);
    expect(() => checkRetention(of(longer), 8 * dayMs, false)).not.toThrow();
  });
});

describe('files that a run left when it died', () => {
  test.each([
    ['go at once where its data directory has another run', 'here', 'later', true],
    ['stay while it may be at work elsewhere', 'elsewhere', 'later', false],
    ['stay while it is this very run', 'here', 'now', false],
  ])('%s', async (_, home, run, isGone) => {
    const { storage, delta } = context;
    await put('_p=a/live.parquet', 0);
    await commit('_p=a/live.parquet');
    await put('_p=a/lost.parquet', 0);
    const own = { storage, delta };
    const files = ['_p=a/live.parquet', '_p=a/lost.parquet', '_p=a/never-stored.parquet'];
    const note = { files, replaced: ['_p=a/source.parquet'] };
    await put('_p=a/source.parquet', 0);
    await commit('_p=a/source.parquet');
    await leaveNote({ ...own, run: 'now', home: 'here' }, note);
    const before = await deleteLeftovers({ ...own, run, home });
    expect(before).toEqual(isGone ? { deleted: 1, waiting: 0 } : { deleted: 0, waiting: 1 });
    expect(await storage.stat('_p=a/live.parquet')).toBeDefined();
    expect((await storage.stat('_p=a/lost.parquet')) === undefined).toBe(isGone);
    await replace('_p=a/source.parquet', '_p=a/merged.parquet');
    const after = await deleteLeftovers({ ...own, run, home });
    expect(after).toEqual({ deleted: isGone ? 0 : 1, waiting: 0 });
    expect(await storage.stat('_p=a/live.parquet')).toBeDefined();
    expect(await storage.stat('_p=a/lost.parquet')).toBeUndefined();
  });
});

/** As whoever merges files does. */
async function replace(old: string, path: string): Promise<void> {
  const { delta } = context;
  const removes = delta.snapshot().files.filter((file) => file.path === old);
  await delta.rewrite({
    operation: 'OPTIMIZE',
    operationParameters: {},
    fileSchema: delta.snapshot().schema,
    replacements: [{ removes, adds: [newFile(path)] }],
  });
}

async function put(path: string, daysOld: number): Promise<void> {
  const file = join(folder, 't', path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, 'bytes');
  const at = new Date(Date.now() - daysOld * dayMs);
  await utimes(file, at, at);
}

async function commit(path: string): Promise<void> {
  await context.delta.commit({
    operation: 'WRITE',
    transaction: { appId: 'a', expected: epoch === 0 ? undefined : epoch, version: ++epoch },
    adds: [newFile(path)],
    newColumns: [],
  });
}

function newFile(path: string): {
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string>>;
  readonly byteLength: number;
  readonly modifiedAtMs: number;
  readonly statsJson: string;
} {
  return {
    ...{ path, partitionValues: { _p: 'a' }, byteLength: 5, modifiedAtMs: 1 },
    statsJson: '{"numRecords":1}',
  };
}
