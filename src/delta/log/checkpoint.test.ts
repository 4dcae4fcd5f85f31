import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../base/clock.ts';
import { Engine } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import { MemoryStorage } from '../../storage/memory/memory-storage.ts';
import type { Storage } from '../../storage/storage.ts';
import { type Actions, printActions } from '../actions.ts';
import type { Snapshot } from '../delta.ts';
import { DeltaTable, type TableOptions } from '../table.ts';
import { cleanUpLog } from './clean-up.ts';
import { loadState } from './load.ts';
import { checkpointPath, commitPath, lastCheckpointPath } from './names.ts';
import { writeCheckpoint } from './write-checkpoint.ts';

let engine: Engine;
let folder: string;
let options: TableOptions;

const nowMs = Date.parse('2026-03-01T12:00:00Z');
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => 0, sleep: async () => {} };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-checkpoint-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: folder });
  options = { engine, clock, random: () => 0.5, temporaryFolder: folder };
});
afterEach(async () => {
  engine.close();
  await rm(folder, { recursive: true });
});

const storages: readonly (readonly [string, () => Storage])[] = [
  ['file', () => new FileStorage(join(folder, 'table'))],
  ['memory', () => new MemoryStorage({ clock })],
];

describe.each(storages)('a checkpoint in %s storage', (_name, open) => {
  test('holds everything that the commits before it said', async () => {
    const storage = open();
    await writeLog(storage);
    const before = (await loadState(storage, options))!.state;
    await writeCheckpoint(storage, before, { ...options, nowMs });
    for (let version = 0; version < 4; version++) await storage.delete(commitPath(version));
    const after = (await loadState(storage, options))!;
    expect(after.checkpointVersion).toBe(3);
    expect(contentOf(after.state)).toEqual(contentOf(before));
    expect(after.state.protocol).toEqual({
      ...before.protocol,
      readerFeatures: undefined,
      writerFeatures: undefined,
    });
    expect([...after.state.domains.values()]).toEqual([
      { domain: 'd', configuration: '{"a":1}', removed: false },
    ]);
    expect([...after.state.tombstones.keys()]).toEqual(['gone young']);
    expect(after.state.liveFiles().map((file) => file.action)).toEqual(
      before.liveFiles().map((file) => file.action),
    );
    expect((await readdir(folder)).filter((name) => name.startsWith('checkpoint-'))).toEqual([]);
  });

  test('is followed by the commits after it', async () => {
    const storage = open();
    await writeLog(storage);
    await writeCheckpoint(storage, (await loadState(storage, options))!.state, {
      ...options,
      nowMs,
    });
    await storage.put(commitPath(4), printActions(actions({ adds: [add('after')] })));
    const { state } = (await loadState(storage, options))!;
    expect(state.version).toBe(4);
    expect(state.files.map((file) => file.path)).toContain('after');
  });

  test('that another writer has made is left alone, and a newer hint too', async () => {
    const storage = open();
    await writeLog(storage);
    const { state } = (await loadState(storage, options))!;
    await storage.put(checkpointPath(3), new TextEncoder().encode('theirs'));
    await storage.put(lastCheckpointPath, new TextEncoder().encode('{"version":9}'));
    await writeCheckpoint(storage, state, { ...options, nowMs });
    expect(await textOf(storage, checkpointPath(3))).toBe('theirs');
    expect(await textOf(storage, lastCheckpointPath)).toBe('{"version":9}');
  });

  test.each([
    ['missing', undefined],
    ['not JSON', '{"vers'],
    ['empty', ''],
    ['of a version that is not there', '{"version":77}'],
    ['of a version that has no checkpoint', '{"version":2}'],
  ])('is found when _last_checkpoint is %s', async (_what, hint) => {
    const storage = open();
    await writeLog(storage);
    await writeCheckpoint(storage, (await loadState(storage, options))!.state, {
      ...options,
      nowMs,
    });
    for (let version = 0; version < 3; version++) await storage.delete(commitPath(version));
    await storage.delete(lastCheckpointPath);
    if (hint !== undefined) await storage.put(lastCheckpointPath, new TextEncoder().encode(hint));
    expect((await loadState(storage, options))!.checkpointVersion).toBe(3);
  });
});

describe('checkpoints of others', () => {
  test('in several parts are read when all are there, and are none when one is missing', async () => {
    const storage = new FileStorage(join(folder, 'table'));
    await writeLog(storage);
    const before = (await loadState(storage, options))!.state;
    await writeCheckpoint(storage, before, { ...options, nowMs });
    const digits = '0'.repeat(19);
    const parts = [1, 2].map(
      (part) => `_delta_log/${digits}3.checkpoint.000000000${part}.0000000002.parquet`,
    );
    await using connection = await engine.connect();
    const single = quoteText(storage.localPath(checkpointPath(3)));
    for (const [index, part] of parts.entries()) {
      await connection.execute(
        `COPY (SELECT * FROM read_parquet(${single}) WHERE ("add" IS NULL) = ${index === 0})
         TO ${quoteText(storage.localPath(part))} (FORMAT parquet)`,
      );
    }
    await storage.delete(checkpointPath(3));
    for (let version = 0; version < 4; version++) await storage.delete(commitPath(version));
    expect(contentOf((await loadState(storage, options))!.state)).toEqual(contentOf(before));
    await storage.delete(parts[1]!);
    await expect(loadState(storage, options)).rejects.toThrow(
      /version 0 is missing, but version 3/,
    );
  });

  test('with columns beside the protocol ones are read', async () => {
    const storage = new FileStorage(join(folder, 'table'));
    await writeLog(storage);
    const before = (await loadState(storage, options))!.state;
    await writeCheckpoint(storage, before, { ...options, nowMs });
    await using connection = await engine.connect();
    const path = storage.localPath(checkpointPath(3));
    await connection.execute(
      `COPY (SELECT * REPLACE (CASE WHEN "add" IS NOT NULL THEN
         struct_insert("add", stats_parsed := {numRecords: 1, minValues: {t: TIMESTAMPTZ '2024-01-01'}})
         END AS "add"), NULL::STRUCT(x INTEGER) AS "checkpointMetadata", 1::HUGEINT AS other
         FROM read_parquet(${quoteText(path)})) TO ${quoteText(`${path}.new`)} (FORMAT parquet)`,
    );
    await storage.delete(checkpointPath(3));
    await storage.putFile(checkpointPath(3), `${path}.new`);
    expect(contentOf((await loadState(storage, options))!.state)).toEqual(contentOf(before));
  });

  test('that are damaged are passed over while the commits are there', async () => {
    const storage = new MemoryStorage();
    await writeLog(storage);
    const v2 = commitPath(2).replace(
      '.json',
      '.checkpoint.3a0d65cd-4056-49b8-937b-95f9e3ee90e5.parquet',
    );
    await storage.put(v2, new Uint8Array(1));
    expect((await loadState(storage, options))!.state.version).toBe(3);
    for (const version of [0, 1, 2]) await storage.delete(commitPath(version));
    await expect(loadState(storage, options)).rejects.toThrow(
      /The checkpoint _delta_log\/0+2\.checkpoint\.3a0d65cd.*parquet can't be read/,
    );
  });
});

describe('a log', () => {
  test('with a gap names the version that is missing', async () => {
    const storage = new MemoryStorage();
    await writeLog(storage);
    await storage.delete(commitPath(2));
    await expect(loadState(storage, options)).rejects.toThrow(
      /version 2 is missing, but version 3/,
    );
    await storage.delete(commitPath(0));
    await expect(loadState(storage, options)).rejects.toThrow(
      /version 0 is missing, but version 1/,
    );
  });

  test('with an empty commit at its end ends before it', async () => {
    const storage = new MemoryStorage();
    await writeLog(storage);
    await storage.put(commitPath(4), new Uint8Array());
    expect((await loadState(storage, options))!.state.version).toBe(3);
  });

  test.each([
    ['{"add":{"path":"a"}}', /00004\.json, line 1: size is missing/],
    ['\n{"txn":{"appId":"a","version":9007199254740993}}', /line 2: version is 900719925474099/],
    ['{"add"', /line 1 \(from byte 0 on\) is not JSON: /],
    ['[1]', /line 1: the line is \[1\]/],
    [
      '{"add":{"path":"a","size":1,"modificationTime":1,"partitionValues":{"p":1}}}',
      /partitionValues\.p is 1/,
    ],
  ])('with the damaged line %j says where', async (line, message) => {
    const storage = new MemoryStorage();
    await writeLog(storage);
    await storage.put(commitPath(4), new TextEncoder().encode(line));
    await expect(loadState(storage, options)).rejects.toThrow(message);
  });

  test('may hold what Helios does not know', async () => {
    const storage = new MemoryStorage();
    await writeLog(storage);
    const lines = ['{"cdc":{"path":"x"}}', '{"new":{"a":1}}', '{"commitInfo":null}', '', '\r'].join(
      '\n',
    );
    await storage.put(commitPath(4), new TextEncoder().encode(lines));
    expect((await loadState(storage, options))!.state.version).toBe(4);
  });

  test('without protocol or metaData is no table', async () => {
    const storage = new MemoryStorage();
    await storage.put(commitPath(0), printActions(actions({ adds: [add('a')] })));
    await expect(loadState(storage, options)).rejects.toThrow(/log has no protocol action/);
  });
});

describe('the table', () => {
  test('writes a checkpoint after a hundred commits, and opens from it', async () => {
    const storage = new MemoryStorage({ clock });
    const table = await DeltaTable.create(storage, { ...options, ...definition });
    for (let version = 1; version <= 100; version++) {
      await table.commit({
        operation: 'WRITE',
        transaction: { appId: 'a', expected: version === 1 ? undefined : version - 1, version },
        adds: [
          {
            path: `f${version}`,
            partitionValues: { p: 'x' },
            byteLength: 1,
            modifiedAtMs: 1,
            statsJson: '{}',
          },
        ],
        newColumns: [],
      });
      await Promise.all([table.maybeCheckpoint(), table.maybeCheckpoint()]);
      if (version === 99) expect(await storage.stat(lastCheckpointPath)).toBeUndefined();
    }
    const hint: unknown = JSON.parse(await textOf(storage, lastCheckpointPath));
    expect(hint).toEqual({
      version: 100,
      size: 103,
      sizeInBytes: expect.any(Number),
      numOfAddFiles: 100,
    });
    const reopened = (await DeltaTable.open(storage, options))!;
    expect(contentOf(reopened.snapshot())).toEqual(contentOf(table.snapshot()));
  });
});

describe('cleaning up', () => {
  const dayMs = 86_400_000;

  test.each([
    // Days since each of the versions 0 to 5 was written; checkpoints; what is left.
    [[60, 50, 40, 35, 20, 10], [2], [2, 3, 4, 5]],
    [
      [60, 50, 40, 35, 20, 10],
      [1, 3],
      [3, 4, 5],
    ],
    [[60, 50, 40, 35, 20, 10], [4], [0, 1, 2, 3, 4, 5]],
    [[60, 50, 40, 35, 20, 10], [], [0, 1, 2, 3, 4, 5]],
    [[60, 50, 10, 35, 20, 10], [3], [0, 1, 2, 3, 4, 5]],
    [[60, 59, 58, 57, 56, 55], [5], [5]],
  ])('versions %j days old with checkpoints %j leave %j', async (ages, checkpoints, left) => {
    let timeMs = 0;
    const storage = new MemoryStorage({ clock: { ...clock, nowMs: () => timeMs } });
    for (const [version, days] of ages.entries()) {
      timeMs = nowMs - days * dayMs;
      await storage.put(commitPath(version), new Uint8Array(1));
      await storage.put(commitPath(version).replace('json', 'crc'), new Uint8Array(1));
      if (checkpoints.includes(version))
        await storage.put(checkpointPath(version), new Uint8Array(1));
    }
    const deleted = await cleanUpLog(storage, {}, nowMs);
    const names = (await Array.fromAsync(storage.list(''))).map((object) => object.path);
    expect(names.filter((name) => name.endsWith('.json'))).toEqual(left.map(commitPath));
    expect(names.filter((name) => name.endsWith('.crc'))).toHaveLength(left.length);
    expect(names.length + deleted).toBe(12 + checkpoints.length);
  });

  test('is not done where the table forbids it', async () => {
    const storage = new MemoryStorage({ clock: { ...clock, nowMs: () => 0 } });
    for (const path of [commitPath(0), commitPath(1), checkpointPath(1)])
      await storage.put(path, new Uint8Array(1));
    expect(await cleanUpLog(storage, { 'delta.enableExpiredLogCleanup': 'false' }, nowMs)).toBe(0);
    expect(
      await cleanUpLog(storage, { 'delta.logRetentionDuration': 'interval 30 years' }, nowMs).catch(
        String,
      ),
    ).toMatch(/"interval 30 years", which is not one/);
    expect(
      await cleanUpLog(storage, { 'delta.logRetentionDuration': 'interval 3000 weeks' }, nowMs),
    ).toBe(0);
    expect(await cleanUpLog(storage, {}, nowMs)).toBe(1);
  });
});

const definition = {
  tableId: 'the-table',
  schema: [
    { name: 'i', type: { kind: 'integer', bits: 64, isUnsigned: false } },
    { name: 'p', type: { kind: 'text' } },
  ],
  partitionColumns: ['p'],
  configuration: { 'custom.key': 'välue' },
} as const;

/** Versions 0 to 3 with every kind of action. */
async function writeLog(storage: Storage): Promise<void> {
  await DeltaTable.create(storage, { ...options, ...definition });
  const hourMs = 3_600_000;
  const commits: Partial<Actions>[] = [
    {
      transactions: [
        { appId: 'a', version: 5, lastUpdated: 7 },
        { appId: 'ü"', version: 2 ** 52 },
      ],
      adds: [
        add('plain'),
        add('gone old'),
        add('gone young'),
        { ...add('again'), tags: { t: 'x' } },
      ],
      domains: [{ domain: 'd', configuration: '{"a":1}', removed: false }],
    },
    {
      removes: [
        { path: 'gone%20old', deletionTimestamp: nowMs - 169 * hourMs, dataChange: true },
        {
          path: 'gone%20young',
          deletionTimestamp: nowMs - 167 * hourMs,
          dataChange: false,
          extendedFileMetadata: true,
          partitionValues: { p: null },
          size: 9,
        },
      ],
      domains: [{ domain: 'e', configuration: '', removed: true }],
    },
    {
      adds: [{ ...add('again'), size: 77, dataChange: false }],
      transactions: [{ appId: 'a', version: 6 }],
    },
  ];
  for (const [index, commit] of commits.entries()) {
    await storage.put(commitPath(index + 1), printActions(actions(commit)));
  }
}

function add(path: string): Actions['adds'][number] {
  return {
    path: encodeURI(path),
    partitionValues: { p: path === 'plain' ? null : 'ä/%20' },
    size: 2 ** 52,
    modificationTime: 12,
    dataChange: true,
    stats: '{"numRecords":9007199254740993,"minValues":{"i":9007199254740993}}',
  };
}

function actions(some: Partial<Actions>): Actions {
  return {
    commitInfo: undefined,
    protocol: undefined,
    metadata: undefined,
    transactions: [],
    adds: [],
    removes: [],
    domains: [],
    ...some,
  };
}

function contentOf(snapshot: Snapshot): object {
  const { version, tableId, schema, partitionColumns, configuration, transactions } = snapshot;
  const files = snapshot.files.map((file) => ({
    ...file,
    // Absent or undefined is all the same.
    action: undefined,
  }));
  return { version, tableId, schema, partitionColumns, configuration, transactions, files };
}

async function textOf(storage: Storage, path: string): Promise<string> {
  return new TextDecoder().decode(await storage.read(path));
}
