import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeBase85, inlineDescriptor, vectorFile } from '../../delta/deletion/vector-fixture.ts';
import { ForeignTableFixture, struct } from '../fixture/foreign-table.ts';
import { TablesFixture } from '../fixture/tables-fixture.ts';

let fixture: TablesFixture;
let table: ForeignTableFixture;
let count = 0;
beforeAll(async () => {
  fixture = await TablesFixture.open();
});
beforeEach(() => {
  count += 1;
  const path = join(fixture.pipelines.directory, 'foreign', `t${count}`);
  table = new ForeignTableFixture(path, fixture.pipelines.engine);
  fixture.pipelines.catalog.addTable({ name: `t${count}`, path, kind: 'attached' });
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

async function rows(sql: string): Promise<readonly (readonly unknown[])[]> {
  return await fixture.rows(sql.replaceAll('FROM t', `FROM t${count}`));
}

async function failure(sql: string): Promise<unknown> {
  return await rows(sql).then(
    () => 'no failure',
    (thrown: unknown) => thrown,
  );
}

async function filesRead(sql: string): Promise<unknown> {
  const answer = await fixture.queries.run({
    sql: sql.replaceAll('FROM t', `FROM t${count}`),
    format: 'json',
    maxRows: undefined,
    timeoutMs: 20_000,
    signal: new AbortController().signal,
  });
  for await (const _ of answer.body) continue;
  return answer.saw[0]?.files_read;
}

const physical = (name: string, id: number): object => ({
  'delta.columnMapping.physicalName': name,
  'delta.columnMapping.id': id,
});

describe('rows that were deleted', () => {
  const places = [[0], [4, 5, 6], Array.from({ length: 1000 }, (_, index) => index * 3)];

  test('in files with a vector in the log, below the table and at an absolute path', async () => {
    const uuid = randomUUID();
    const { bytes, places: found } = vectorFile(places);
    await table.create([['id', 'long']], { features: ['deletionVectors'] });
    await table.put(`ab/deletion_vector_${uuid}.bin`, bytes);
    const select = (from: number): string =>
      `SELECT range AS id FROM range(${from}, ${from + 5000})`;
    const below = `ab${encodeBase85(Buffer.from(uuid.replaceAll('-', ''), 'hex'))}`;
    const absolute = `file://${table.path}/ab/deletion_vector_${uuid}.bin`;
    const vector = (index: number): object => ({
      ...found[index],
      cardinality: places[index]!.length,
    });
    await table.commit([
      await table.file(select(0), { deletionVector: inlineDescriptor(places[0]!) }),
      await table.file(select(10_000), {
        deletionVector: { storageType: 'u', pathOrInlineDv: below, ...vector(1) },
      }),
      await table.file(select(20_000), {
        deletionVector: { storageType: 'p', pathOrInlineDv: absolute, ...vector(2) },
      }),
      await table.file(select(30_000)),
    ]);
    const gone = places.flatMap((some, index) => some.map((row) => index * 10_000 + row));
    expect(await rows('SELECT count(*), sum(id) FROM t')).toEqual([
      [String(20_000 - gone.length), expect.anything()].map((value, index) =>
        index === 0 ? value : String(allIds() - gone.reduce((a, b) => a + b, 0)),
      ),
    ]);
    expect(
      await rows('SELECT id FROM t WHERE id < 3 OR id BETWEEN 10003 AND 10008 ORDER BY id'),
    ).toEqual([['1'], ['2'], ['10003'], ['10007'], ['10008']]);
  });

  test('change from version to version, in partitions and with loose statistics', async () => {
    await table.create(
      [
        ['id', 'long'],
        ['p', 'string'],
      ],
      {
        features: ['deletionVectors'],
        partitionColumns: ['p'],
      },
    );
    const stats = JSON.stringify({
      numRecords: 10,
      minValues: { id: 0 },
      maxValues: { id: 9 },
      nullCount: { id: 0 },
      tightBounds: false,
    });
    const partition = { partitionValues: { p: 'a' }, stats };
    const added = await table.file('SELECT range AS id FROM range(10)', partition);
    const other = await table.file('SELECT range AS id FROM range(10, 20)', {
      partitionValues: { p: null },
    });
    await table.commit([added, other]);
    expect(await rows('SELECT count(*) FROM t')).toEqual([['20']]);
    const cut = { add: { ...added.add, deletionVector: inlineDescriptor([0, 9]) } };
    await table.commit([{ remove: { ...added.add, deletionTimestamp: 1 } }, cut]);
    expect(
      await rows('SELECT p, count(*), min(id), max(id) FROM t GROUP BY ALL ORDER BY p'),
    ).toEqual([
      ['a', '8', '1', '8'],
      [null, '10', '10', '19'],
    ]);
    const more = { add: { ...added.add, deletionVector: inlineDescriptor([0, 1, 2, 9]) } };
    await table.commit([{ remove: { ...cut.add, deletionTimestamp: 1 } }, more]);
    expect(await rows(`SELECT count(*) FROM t WHERE p = 'a'`)).toEqual([['6']]);
    expect(await filesRead(`SELECT count(*) FROM t WHERE p = 'a' AND id = 9`)).toBe(1);
    expect(await filesRead(`SELECT count(*) FROM t WHERE p = 'a' AND id = 10`)).toBe(0);
  });

  test('by a vector that is damaged or gone are not shown again', async () => {
    await table.create([['id', 'long']], { features: ['deletionVectors'] });
    const { pathOrInlineDv, ...rest } = inlineDescriptor([3]);
    const wrong = { ...rest, pathOrInlineDv, cardinality: 2 };
    await table.commit([await table.file('SELECT 1::BIGINT AS id', { deletionVector: wrong })]);
    expect(await failure('SELECT * FROM t')).toMatchObject({ code: 'corrupt_data' });
  });
});

describe('columns with other names in the files', () => {
  const deep = struct([
    ['a b', 'long', physical('col-4', 4)],
    [
      'list',
      {
        type: 'array',
        elementType: struct([['x', 'string', physical('col-6', 6)]]),
        containsNull: true,
      },
      physical('col-5', 5),
    ],
    [
      'map',
      {
        type: 'map',
        keyType: 'string',
        valueType: struct([['y', 'long', physical('col-8', 8)]]),
        valueContainsNull: true,
      },
      physical('col-7', 7),
    ],
  ]);
  const fields = [
    ['my id', 'long', physical('col-1', 1)],
    ['part', 'date', physical('col-2', 2)],
    ['deep', deep, physical('col-3', 3)],
    ['late', 'string', physical('col-9', 9)],
  ] as const;
  const select = (id: number): string => `SELECT ${id}::BIGINT AS "col-1",
    {'col-4': ${id + 1}::BIGINT, 'col-5': [{'col-6': 'x${id}'}, NULL], 'col-7': MAP {'k': {'col-8': 7::BIGINT}}} AS "col-3"`;
  const stats = (id: number): string =>
    JSON.stringify({
      numRecords: 1,
      minValues: { 'col-1': id, 'col-3': { 'col-4': id + 1 } },
      maxValues: { 'col-1': id, 'col-3': { 'col-4': id + 1 } },
    });
  const expected = (id: number, day: string): unknown[] => [
    String(id),
    day,
    { 'a b': String(id + 1), list: [{ x: `x${id}` }, null], map: { k: { y: '7' } } },
    null,
  ];

  test.each(['name', 'id'])('are found by %s, nested ones too, and prune files', async (mode) => {
    await table.create(fields, {
      features: ['columnMapping', 'deletionVectors'],
      partitionColumns: ['part'],
      configuration: { 'delta.columnMapping.mode': mode },
    });
    const ids = ", FIELD_IDS {'col-1': 1, 'col-3': 3}";
    const partition = (day: string): object => ({ partitionValues: { 'col-2': day } });
    await table.commit([
      await table.file(select(1), { ...partition('2024-01-01'), stats: stats(1) }, ids),
      await table.file(
        `${select(2)} UNION ALL ${select(3)}`,
        { ...partition('2024-01-02'), deletionVector: inlineDescriptor([1]) },
        ids,
      ),
    ]);
    expect(await rows('SELECT * FROM t ORDER BY 1')).toEqual([
      expected(1, '2024-01-01'),
      expected(2, '2024-01-02'),
    ]);
    expect(await rows(`SELECT "my id" FROM t WHERE part = '2024-01-02'`)).toEqual([['2']]);
    expect(await filesRead(`SELECT count(*) FROM t WHERE part > '2024-01-01'`)).toBe(1);
    expect(
      await filesRead(`SELECT count(*) FROM t WHERE "my id" = 5 AND part = '2024-01-01'`),
    ).toBe(0);
    expect(
      await filesRead(`SELECT count(*) FROM t WHERE deep."a b" = 5 AND part = '2024-01-01'`),
    ).toBe(0);
    expect(
      await filesRead(`SELECT count(*) FROM t WHERE deep."a b" = 2 AND part = '2024-01-01'`),
    ).toBe(1);
  });

  test('may have been renamed, and files may lack those that came later', async () => {
    await table.create(fields.slice(0, 1), {
      features: ['columnMapping'],
      configuration: { 'delta.columnMapping.mode': 'name' },
    });
    await table.commit([await table.file('SELECT 1::BIGINT AS "col-1"')]);
    const renamed = [['new', 'long', physical('col-1', 1)], fields[3]] as const;
    const configuration = { 'delta.columnMapping.mode': 'name' };
    await table.commit([ForeignTableFixture.metadata(renamed, { configuration })]);
    expect(await rows('SELECT * FROM t')).toEqual([['1', null]]);
    await table.commit([await table.file(`SELECT 2::BIGINT AS "col-1", 'x' AS "col-9"`)]);
    expect(await rows('SELECT * FROM t ORDER BY new')).toEqual([
      ['1', null],
      ['2', 'x'],
    ]);
  });
});

describe('types', () => {
  test('that were widened: old files have the narrow ones, and bounds of a FLOAT are its digits', async () => {
    const changes = (fromType: string, toType: string): object => ({
      'delta.typeChanges': [{ fromType, toType, tableVersion: 1 }],
    });
    await table.create(
      [
        ['i', 'long', changes('byte', 'long')],
        ['f', 'double', changes('float', 'double')],
        ['d', 'decimal(20,4)', changes('decimal(5,2)', 'decimal(20,4)')],
        ['n', 'timestamp_ntz', changes('date', 'timestamp_ntz')],
        ['x', 'double', changes('integer', 'double')],
        [
          'l',
          { type: 'array', elementType: 'long', containsNull: true },
          changes('integer', 'long'),
        ],
      ],
      { features: ['typeWidening', 'timestampNtz'] },
    );
    const old = `SELECT 1::TINYINT AS i, 0.1::FLOAT AS f, 1.25::DECIMAL(5,2) AS d,
      DATE '2024-01-01' AS n, 7::INTEGER AS x, [1::INTEGER] AS l`;
    const recent = `SELECT 5000000000 AS i, 0.1::DOUBLE AS f, 1.2525::DECIMAL(20,4) AS d,
      TIMESTAMP '2024-01-01 10:00:00' AS n, 7.5::DOUBLE AS x, [5000000000] AS l`;
    const stats = JSON.stringify({
      numRecords: 1,
      minValues: { i: 1, f: 0.1, n: '2024-01-01' },
      maxValues: { i: 1, f: 0.1, n: '2024-01-01' },
    });
    await table.commit([await table.file(old, { stats })]);
    const oldRow = ['1', 0.10000000149011612, '1.2500', '2024-01-01T00:00:00Z', 7, ['1']];
    expect(await rows('SELECT * FROM t')).toEqual([oldRow]);
    await table.commit([await table.file(recent)]);
    expect(await rows('SELECT * FROM t ORDER BY i')).toEqual([
      oldRow,
      ['5000000000', 0.1, '1.2525', '2024-01-01T10:00:00Z', 7.5, ['5000000000']],
    ]);
    expect(await rows('SELECT i FROM t WHERE f > 0.1')).toEqual([['1']]);
    for (const condition of ['x < 7.4', 'd < 1.2509', `n < '2024-01-01 09:00'`]) {
      expect(await rows(`SELECT i FROM t WHERE ${condition}`), condition).toEqual([['1']]);
    }
    expect(await filesRead('SELECT i FROM t WHERE f < 0.05')).toBe(1);
    expect(await filesRead(`SELECT i FROM t WHERE n >= '2024-01-02'`)).toBe(1);
  });

  test('of partitions: NULL, empty and all others', async () => {
    const types = {
      b: 'boolean',
      i: 'integer',
      d: 'decimal(10,2)',
      day: 'date',
      ts: 'timestamp',
      n: 'timestamp_ntz',
      f: 'double',
      bin: 'binary',
      s: 'string',
    };
    const partitionColumns = Object.keys(types);
    await table.create([['id', 'long'], ...Object.entries(types)], {
      partitionColumns,
      features: ['timestampNtz'],
    });
    const values = {
      b: 'true',
      i: '-7',
      d: '1.50',
      day: '2024-02-29',
      ts: '2024-06-15T19:30:45.123456Z',
      n: '2024-06-15 12:30:45.000001',
      f: '1.0E10',
      bin: 'é\\x',
      s: `a'b/c%d=é`,
    };
    const none = Object.fromEntries(partitionColumns.map((name) => [name, null]));
    await table.commit([
      await table.file('SELECT 1::BIGINT AS id', { partitionValues: values }),
      await table.file('SELECT 2::BIGINT AS id', { partitionValues: none }),
      await table.file('SELECT 3::BIGINT AS id', { partitionValues: { ...none, s: '' } }),
    ]);
    const [first, ...rest] = await rows('SELECT * FROM t ORDER BY id');
    expect(first).toEqual([
      '1',
      true,
      -7,
      '1.50',
      '2024-02-29',
      '2024-06-15T19:30:45.123456Z',
      '2024-06-15T12:30:45.000001Z',
      1e10,
      expect.anything(),
      `a'b/c%d=é`,
    ]);
    expect(await rows('SELECT hex(bin) FROM t WHERE id = 1')).toEqual([['C3A95C78']]);
    expect(rest.map((row) => row.slice(1))).toEqual(
      [1, 2].map(() => partitionColumns.map(() => null)),
    );
    for (const condition of [
      'b',
      'i = -7',
      'd = 1.5',
      `day = '2024-02-29'`,
      `ts > '2024-06-15'`,
      `n < '2024-06-16'`,
      'f > 1',
      `s LIKE 'a%'`,
    ]) {
      expect(await rows(`SELECT id FROM t WHERE ${condition}`), condition).toEqual([['1']]);
    }
    expect(await filesRead('SELECT id FROM t WHERE i = -7')).toBe(1);
    expect(await filesRead('SELECT id FROM t WHERE ts IS NULL')).toBe(2);
  });
});

function allIds(): number {
  const sum = (from: number): number => 5000 * from + (4999 * 5000) / 2;
  return sum(0) + sum(10_000) + sum(20_000) + sum(30_000);
}
