import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../src/base/clock.ts';
import type { CommitRequest, NewDataFile, PartitionValues } from '../src/delta/delta.ts';
import { loadState } from '../src/delta/log/load.ts';
import { commitPath } from '../src/delta/log/names.ts';
import { writeCheckpoint } from '../src/delta/log/write-checkpoint.ts';
import { withLocalTimes } from '../src/delta/local-times.ts';
import { partitionFolder } from '../src/delta/path.ts';
import { storedSchema } from '../src/delta/schema-json.ts';
import { columnStatsJson } from '../src/delta/stats.ts';
import { DeltaTable, type TableOptions } from '../src/delta/table.ts';
import { Engine } from '../src/engine/engine.ts';
import { duckdbType, quoteName, quoteText } from '../src/engine/types.ts';
import type { Schema } from '../src/event/schema.ts';
import { FileStorage } from '../src/storage/file/file-storage.ts';
import { deltaPython, DeltaPeers, type DeltaReader, deltaReaders } from './peers/delta-peers.ts';

const python = await deltaPython();

const long = { kind: 'integer', bits: 64, isUnsigned: false } as const;
const text = { kind: 'text' } as const;

/** Every type that a pipeline's rows can have, as they are before they are stored. */
const schema: Schema = [
  { name: 'id', type: long },
  { name: 'place', type: text },
  { name: 'yes', type: { kind: 'boolean' } },
  { name: 'i8', type: { kind: 'integer', bits: 8, isUnsigned: false } },
  { name: 'i16', type: { kind: 'integer', bits: 16, isUnsigned: false } },
  { name: 'i32', type: { kind: 'integer', bits: 32, isUnsigned: false } },
  { name: 'u32', type: { kind: 'integer', bits: 32, isUnsigned: true } },
  { name: 'u64', type: { kind: 'integer', bits: 64, isUnsigned: true } },
  { name: 'f32', type: { kind: 'float', bits: 32 } },
  { name: 'f64', type: { kind: 'float', bits: 64 } },
  { name: 'dec', type: { kind: 'decimal', precision: 38, scale: 10 } },
  { name: 'txt', type: text },
  { name: 'js', type: { kind: 'json' } },
  { name: 'bin', type: { kind: 'bytes' } },
  { name: 'day', type: { kind: 'date' } },
  { name: 'ts', type: { kind: 'timestamp' } },
  { name: 'li', type: { kind: 'list', element: long } },
  {
    name: 'st',
    type: {
      kind: 'struct',
      fields: [
        { name: 'a', type: long },
        { name: 'b', type: text },
      ],
    },
  },
  { name: 'ma', type: { kind: 'map', key: text, value: long } },
];

const longText = `${'x'.repeat(40)}\u{1f600}`;
const fullRow = `true AS yes, -128 AS i8, 32767 AS i16, -2147483648 AS i32, 4294967295 AS u32,
  18446744073709551615 AS u64, 0.5 AS f32, 1e300 AS f64,
  '1234567890123456789012345678.0123456789' AS dec, ${quoteText(longText)} AS txt,
  '{"a": [1, 2.50]}' AS js, '\\x00\\xFF'::BLOB AS bin, DATE '2024-02-29' AS day,
  TIMESTAMPTZ '2024-01-01 01:02:03.456789+00' AS ts, [1, NULL, 3] AS li,
  {a: 7, b: 'ü'} AS st, map {'k': 1, 'l': NULL} AS ma`;
const fullValues = {
  yes: true,
  i8: -128,
  i16: 32767,
  i32: -2147483648,
  u32: 4294967295,
  u64: '18446744073709551615',
  f32: 0.5,
  f64: 1e300,
  dec: '1234567890123456789012345678.0123456789',
  txt: longText,
  js: '{"a": [1, 2.50]}',
  bin: '00ff',
  day: '2024-02-29',
  ts: '2024-01-01T01:02:03.456789Z',
  li: [1, null, 3],
  st: { a: 7, b: 'ü' },
  ma: { k: 1, l: null },
};
const places = ['eu', 'a b/c%d:é=1', null, '日本', `it's "x"\\`, '..', '%20+#?'];
const bigId = '9007199254740993';

describe.skipIf(python === undefined)('Delta tables among other engines', () => {
  let engine: Engine;
  let folder: string;
  let options: TableOptions;
  let peers: DeltaPeers;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'helios-interop-'));
    engine = await Engine.open({ threads: 2, memoryBytes: 2 ** 29, tempDirectory: folder });
    options = { engine, clock: systemClock, random: Math.random, temporaryFolder: folder };
    peers = new DeltaPeers(python!);
  });
  afterAll(async () => {
    await peers[Symbol.asyncDispose]();
    engine.close();
    await rm(folder, { recursive: true });
  });

  test('all of them read every type, partition and added column, with and without a checkpoint', async () => {
    const storage = new FileStorage(join(folder, 'types'));
    const table = await DeltaTable.create(storage, {
      ...options,
      ...definition(schema, ['place']),
    });
    const adds = await Promise.all(
      places.map(async (place, index) => {
        const id = index === 0 ? bigId : String(index);
        return await writeFile(storage, `SELECT ${id} AS id, ${fullRow}`, schema, { place });
      }),
    );
    adds.push(await writeFile(storage, 'SELECT 100 AS id', schema, { place: 'eu' }));
    await table.commit(request(undefined, 7, adds));
    const extra = { name: 'extra', type: text };
    const later = await writeFile(storage, `SELECT 101 AS id, 'new' AS extra`, [...schema, extra], {
      place: 'eu',
    });
    await table.commit({ ...request(7, 8, [later]), newColumns: [extra] });
    await checkReaders(storage, 2);

    await writeCheckpoint(storage, (await loadState(storage, options))!.state, {
      ...options,
      nowMs: systemClock.nowMs(),
    });
    for (const version of [0, 1]) await storage.delete(commitPath(version));
    await checkReaders(storage, 2);

    const afterwards = await writeFile(storage, 'SELECT 102 AS id', schema, { place: null });
    await table.commit(request(8, 9, [afterwards]));
    expect(await peers.facts(storage.location, 'app')).toMatchObject({
      version: 3,
      transaction: 9,
    });
  });

  test('all of them read times without a zone', async () => {
    const storage = new FileStorage(join(folder, 'local-times'));
    const at = { kind: 'timestamp' } as const;
    const columns = withLocalTimes([
      { name: 'id', type: long },
      { name: 'day', type: at },
      { name: 'moment', type: at },
      { name: 'li', type: { kind: 'list', element: at } },
    ]);
    const table = await DeltaTable.create(storage, { ...options, ...definition(columns, ['day']) });
    const moment = "TIMESTAMP '2024-01-01 01:02:03.456789'";
    const select = `SELECT 1 AS id, ${moment} AS moment, [${moment}] AS li`;
    const day = '2024-01-01 00:00:00.000000';
    const adds = [await writeFile(storage, select, columns, { day })];
    await table.commit(request(undefined, 7, adds));
    const wall = (reader: DeltaReader, name: string): string =>
      reader === 'clickhouse' ? `toString(${name})` : `CAST(${name} AS VARCHAR)`;
    for (const reader of deltaReaders) {
      const sql = `SELECT ${wall(reader, 'moment')} AS a, ${wall(reader, 'day')} AS b FROM t WHERE id = 1`;
      const [row] = await peers.query(reader, storage.location, sql);
      expect(row, reader).toMatchObject({
        a: expect.stringMatching(/^2024-01-01[ T]01:02:03\.456789(?:000)?$/),
        b: expect.stringMatching(/^2024-01-01[ T]00:00:00(?:\.0+)?$/),
      });
    }
  });

  async function checkReaders(storage: FileStorage, version: number): Promise<void> {
    expect(await peers.facts(storage.location, 'app')).toMatchObject({ version, transaction: 8 });
    for (const reader of deltaReaders) {
      const ask = async (sql: string): Promise<readonly unknown[]> =>
        await peers.query(reader, storage.location, sql);
      const rows = await ask('SELECT * FROM t ORDER BY id');
      expect({ reader, rows }).toEqual({ reader, rows: expectedRows(reader) });
      const counts = await ask(
        filters
          .map(
            ([condition], index) => `SELECT ${index} AS i, count(*) AS n FROM t WHERE ${condition}`,
          )
          .join(' UNION ALL '),
      );
      const expected = filters.map(([, n], i) => ({ i, n }));
      expect({ reader, counts: new Set(counts) }).toEqual({ reader, counts: new Set(expected) });
    }
  }

  test('delta-rs appends, compacts and checkpoints between our commits', async () => {
    const storage = new FileStorage(join(folder, 'shared'));
    const columns: Schema = [
      { name: 'id', type: long },
      { name: 'name', type: text },
    ];
    const table = await DeltaTable.create(storage, { ...options, ...definition(columns, []) });
    const commit = async (expected: number | undefined, version: number): Promise<void> => {
      const select = `SELECT ${version} AS id, 'ours' AS name`;
      const add = await writeFile(storage, select, columns, {});
      const outcome = await table.commit(request(expected, version, [add]));
      expect(outcome.kind).toBe('committed');
    };
    await commit(undefined, 1);
    await peers.append(storage.location, [{ id: 2, name: 'theirs' }], {
      id: 'int64',
      name: 'string',
    });
    await commit(1, 3);
    await peers.append(storage.location, [{ id: 4, more: 'x' }], { id: 'int64', more: 'string' });
    await commit(3, 5);
    expect(table.snapshot().schema.map((column) => column.name)).toEqual(['id', 'name', 'more']);
    await peers.compact(storage.location);
    await commit(5, 6);
    expect((await table.refresh()).files).toHaveLength(2);
    await peers.checkpoint(storage.location);
    const { version } = table.snapshot();
    for (let old = 0; old < version; old++) await storage.delete(commitPath(old));
    const reopened = (await DeltaTable.open(storage, options))!;
    expect(reopened.snapshot()).toMatchObject({ version, tableId: table.snapshot().tableId });
    expect(reopened.snapshot().transactions.get('app')?.version).toBe(6);
    expect(await idsOf(reopened)).toEqual(['1', '2', '3', '4', '5', '6']);
    await commit(6, 7);
    for (const reader of deltaReaders) {
      const rows = await peers.query(reader, storage.location, 'SELECT id FROM t ORDER BY id');
      expect(rows).toEqual([1, 2, 3, 4, 5, 6, 7].map((id) => ({ id })));
    }
  });

  test('a table that delta-rs made is read and appended to', async () => {
    const storage = new FileStorage(join(folder, 'theirs'));
    const columns = { id: 'int64', name: 'string', at: 'float64' };
    await peers.append(storage.location, [{ id: 1, name: 'a', at: 0.5 }], columns);
    const table = (await DeltaTable.open(storage, options))!;
    expect(table.snapshot().schema).toEqual([
      { name: 'id', type: long },
      { name: 'name', type: text },
      { name: 'at', type: { kind: 'float', bits: 64 } },
    ]);
    expect(table.snapshot().files[0]?.rowCount).toBe(1);
    const add = await writeFile(
      storage,
      `SELECT 2 AS id, 'b' AS name`,
      table.snapshot().schema,
      {},
    );
    expect(await table.commit(request(undefined, 1, [add]))).toMatchObject({ kind: 'committed' });
    const rows = await peers.query('delta-rs', storage.location, 'SELECT id FROM t ORDER BY id');
    expect(rows).toEqual([{ id: 1 }, { id: 2 }]);
  });

  async function idsOf(table: DeltaTable): Promise<unknown[]> {
    const root = join(folder, 'shared');
    const files = table.snapshot().files.map((file) => quoteText(join(root, file.path)));
    await using connection = await engine.connect();
    const rows = await connection.rows(
      `SELECT id FROM read_parquet([${files.join(', ')}]) ORDER BY id`,
    );
    return rows.map((row) => row['id']);
  }

  /** A file of the table with the columns that `select` has, the others NULL. */
  async function writeFile(
    storage: FileStorage,
    select: string,
    columns: Schema,
    partitionValues: PartitionValues,
  ): Promise<NewDataFile> {
    await using connection = await engine.connect();
    const given = new Set((await connection.describe(select)).map((column) => column.name));
    const casts = storedSchema(columns)
      .filter((column) => !Object.hasOwn(partitionValues, column.name))
      .map(({ name, type }) => {
        const value = given.has(name) ? quoteName(name) : 'NULL';
        return `CAST(${value} AS ${duckdbType(type)}) AS ${quoteName(name)}`;
      });
    const name = `${randomUUID()}.parquet`;
    const local = join(folder, name);
    const [row] = await connection.rows(
      `COPY (SELECT ${casts.join(', ')} FROM (${select})) TO ${quoteText(local)}
       (FORMAT parquet, COMPRESSION zstd, RETURN_STATS)`,
    );
    const parent = partitionFolder(Object.keys(partitionValues), partitionValues);
    const path = parent === '' ? name : `${parent}/${name}`;
    await storage.putFile(path, local);
    return {
      path,
      partitionValues,
      byteLength: (await stat(local)).size,
      modifiedAtMs: systemClock.nowMs(),
      statsJson: columnStatsJson(row!, columns),
    };
  }
});

/** Conditions that files can be skipped by, and how many rows meet them. */
const filters: readonly (readonly [string, number])[] = [
  [`id = ${bigId}`, 1],
  ['id > 50', 3],
  [`place = 'a b/c%d:é=1'`, 1],
  [`place = '日本'`, 1],
  ['place IS NULL', 1],
  [`ts >= CAST('2024-01-01 01:02:03.456789' AS TIMESTAMP)`, places.length],
  [`ts > CAST('2024-01-01 01:02:03.456789' AS TIMESTAMP)`, 0],
  [`day < DATE '2024-03-01'`, places.length],
  [`txt >= '${longText}'`, places.length],
  [`txt > '${'x'.repeat(41)}'`, places.length],
  ['u64 = 18446744073709551615', places.length],
  ['f64 > 1e299', places.length],
  ['i8 IS NULL', 2],
  ['extra IS NOT NULL', 1],
  ['yes', places.length],
];

function expectedRows(reader: DeltaReader): object[] {
  const nothing = {
    ...Object.fromEntries(Object.keys(fullValues).map((name) => [name, null])),
    // ClickHouse has no NULL for these.
    ...(reader === 'clickhouse' ? { li: [], st: { a: null, b: null }, ma: {} } : {}),
  };
  const rows = places.map((place, index) => ({
    id: index === 0 ? bigId : index,
    place,
    ...fullValues,
    extra: null,
  }));
  const small = { place: 'eu', ...nothing };
  return [
    ...rows.slice(1),
    { id: 100, ...small, extra: null },
    { id: 101, ...small, extra: 'new' },
    rows[0]!,
  ];
}

function definition(columns: Schema, partitionColumns: readonly string[]) {
  return { tableId: randomUUID(), schema: columns, partitionColumns, configuration: {} };
}

function request(
  expected: number | undefined,
  version: number,
  adds: readonly NewDataFile[],
): CommitRequest {
  return {
    operation: 'STREAMING UPDATE',
    transaction: { appId: 'app', expected, version },
    adds,
    newColumns: [],
  };
}
