import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HeliosError } from '../../base/errors.ts';
import { quoteText } from '../../engine/types.ts';
import { TablesFixture } from '../fixture/tables-fixture.ts';

let fixture: TablesFixture;
let folder: string;
let count = 0;
beforeAll(async () => {
  fixture = await TablesFixture.open();
});
beforeEach(() => {
  count += 1;
  folder = join(fixture.pipelines.directory, 'attached', `t${count}`);
  attach(folder);
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

function attach(path: string): void {
  fixture.pipelines.catalog.deleteTable(`t${count}`);
  fixture.pipelines.catalog.addTable({ name: `t${count}`, path, kind: 'attached' });
}

async function put(path: string, text: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

async function putParquet(path: string, select: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await using connection = await fixture.pipelines.engine.connect();
  const to = quoteText(join(folder, path));
  await connection.execute(`COPY (${select}) TO ${to} (FORMAT parquet)`);
}

async function rows(sql: string): Promise<readonly (readonly unknown[])[]> {
  return await fixture.rows(sql.replaceAll('FROM t', `FROM t${count}`));
}

async function failure(sql: string): Promise<HeliosError> {
  const thrown: unknown = await rows(sql).then(
    () => 'no failure',
    (reason: unknown) => reason,
  );
  if (thrown instanceof HeliosError) return thrown;
  throw new Error(String(thrown));
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

describe("folders of Hive's kind", () => {
  test('give columns of integers, dates and text, which choose the files', async () => {
    const days = [
      ['2024-02-29', 'a%2Fb c', '01'],
      ['2024-03-01', '__HIVE_DEFAULT_PARTITION__', '02'],
      ['2024-03-01', '100%', '11'],
    ];
    for (const [index, [day, place, month]] of days.entries()) {
      await putParquet(
        `day=${day}/place=${place}/_m=${month}/p.parquet`,
        `SELECT ${index}::BIGINT AS id`,
      );
    }
    await put('_SUCCESS', '');
    expect(await rows('SELECT * FROM t ORDER BY id')).toEqual([
      ['0', '2024-02-29', 'a/b c', '1'],
      ['1', '2024-03-01', null, '2'],
      ['2', '2024-03-01', '100%', '11'],
    ]);
    for (const [condition, ids, files] of [
      [`day = '2024-03-01'`, ['1', '2'], 2],
      ['_m < 10 AND place IS NOT NULL', ['0'], 1],
      ['place IS NULL', ['1'], 1],
      [`place = 'a/b c'`, ['0'], 1],
      ['_m = 7', [], 0],
    ] as const) {
      const found = await rows(`SELECT id FROM t WHERE ${condition} ORDER BY id`);
      expect(found.flat(), condition).toEqual(ids);
      expect(await filesRead(`SELECT id FROM t WHERE ${condition}`), condition).toBe(files);
    }
  });

  test.each(['csv', 'json'])(
    '%s too, and what the files say as text stays text',
    async (format) => {
      const line = { csv: 'id,code\n1,"007"\n2,x\n', json: '{"id":1,"code":"007"}\n{"id":2}\n' };
      await put(`code=007/a.${format}`, line[format === 'csv' ? 'csv' : 'json']);
      await put(`code=008/b.${format}`, line[format === 'csv' ? 'csv' : 'json']);
      expect(await rows(`SELECT id, code FROM t WHERE code = '007' ORDER BY id`)).toEqual([
        ['1', '007'],
        ['2', '007'],
      ]);
    },
  );

  test.each([
    ['of other names', ['a=1/x.csv', 'b=1/y.csv'], /a=1\/x\.csv and b=1\/y\.csv/],
    ['on some ways only', ['a=1/x.csv', 'y.csv'], /don't name the same columns/],
    ['of one name twice', ['a=1/A=2/x.csv'], /name a column twice: a=1\/A=2\/x\.csv/],
  ])('%s are refused', async (_, paths, message) => {
    for (const path of paths) await put(path, 'id\n1\n');
    const { code, message: text } = await failure('SELECT * FROM t');
    expect([code, text]).toEqual(['unsupported_table', expect.stringMatching(message)]);
  });
});

describe('Parquet files of other types', () => {
  test('are read each in its own, and compared in the wider one', async () => {
    await putParquet(
      '1.parquet',
      'SELECT 1 AS id, 5 AS x, 0.1::FLOAT AS f, 1.25::DECIMAL(5,2) AS d',
    );
    await putParquet('2.parquet', 'SELECT 2 AS id, 5.3::DOUBLE AS x, 0.1::DOUBLE AS f, 7 AS d');
    await putParquet('3.parquet', `SELECT 3::UBIGINT AS id, {'a': 1} AS s, NULL AS n, 1 AS later`);
    await putParquet('4.parquet', `SELECT -4::BIGINT AS id, {'a': 5000000000, 'b': 'x'} AS s`);
    expect(await rows('SELECT id, x, f, d, s, later FROM t ORDER BY id')).toEqual([
      ['-4', null, null, null, { a: '5000000000', b: 'x' }, null],
      ['1', 5, 0.10000000149011612, '1.25', null, null],
      ['2', 5.3, 0.1, '7.00', null, null],
      ['3', null, null, null, { a: '1', b: null }, 1],
    ]);
    for (const [condition, ids] of [
      ['x < 5.2', ['1']],
      ['x > 5.2', ['2']],
      ['f > 0.1', ['1']],
      ['d < 1.2501', ['1']],
      ['id < 0', ['-4']],
      ['s.a > 4000000000', ['-4']],
      ['later = 1', ['3']],
    ] as const) {
      expect((await rows(`SELECT id FROM t WHERE ${condition}`)).flat(), condition).toEqual(ids);
    }
  });

  test.each([
    ['1 AS x', `'1' AS x`, 'x is INTEGER in .*1.parquet and VARCHAR in .*2.parquet'],
    ['1::BIGINT AS x', '1.5::DOUBLE AS x', 'BIGINT .* and DOUBLE'],
    [`DATE '2024-01-01' AS x`, `TIMESTAMP '2024-01-01' AS x`, 'DATE .* and TIMESTAMP'],
    [`{'a': 1} AS x`, `{'a': true} AS x`, 'STRUCT'],
    ['1::DECIMAL(38,0) AS x', '1.5::DECIMAL(3,1) AS x', 'DECIMAL'],
  ])('that no type holds are refused: %s and %s', async (one, other, message) => {
    await putParquet('1.parquet', `SELECT ${one}`);
    await putParquet('2.parquet', `SELECT ${other}`);
    const { code, message: text } = await failure('SELECT * FROM t');
    expect([code, text]).toEqual(['unsupported_table', expect.stringMatching(message)]);
  });

  test('of which one was skipped by its folder are the same table', async () => {
    await putParquet('p=1/a.parquet', 'SELECT 1 AS x, 2 AS y');
    await putParquet('p=2/a.parquet', 'SELECT 3::BIGINT AS x');
    expect(await rows('SELECT x, y, p FROM t WHERE p = 2')).toEqual([['3', null, '2']]);
    expect(await rows('SELECT typeof(x) FROM t WHERE p = 1')).toEqual([['BIGINT']]);
  });
});

describe('text', () => {
  test('of CSV has one type over all files, whichever are read', async () => {
    await put('p=1/a.csv', 'id,code,n\n1,007,1\n');
    await put('p=2/b.csv', 'id;code;extra\r\n2;x"y;\r\n');
    await put('p=3/c.csv', 'id,code,n\n');
    await put('p=4/d.csv', 'code,id,n\n9,4,1.5\n');
    await put('p=5/empty.csv', '');
    await put('p=6/e.csv.zst', zstdCompressSync('id,n\n6,7\n'));
    expect(await rows('SELECT id, code, n, extra, p FROM t ORDER BY id')).toEqual([
      ['1', '007', 1, null, '1'],
      ['2', 'x"y', null, null, '2'],
      ['4', '9', 1.5, null, '4'],
      ['6', null, 7, null, '6'],
    ]);
    expect(await rows('SELECT code FROM t WHERE p = 1')).toEqual([['007']]);
  });

  test('of JSON too; what has no common type is JSON', async () => {
    await put('a.json', '{"id":1,"v":5,"s":{"a":1},"n":null}\n{"id":2,"v":6}\n');
    await put('b.jsonl', '{"id":3,"v":"x","s":{"a":2.5,"b":true},"n":7}\n');
    await put('c.ndjson', '[{"id":4},\n{"id":5}]');
    expect(await rows('SELECT id, v, s, n FROM t ORDER BY id')).toEqual([
      ['1', '5', { a: 1, b: null }, null],
      ['2', '6', null, null],
      ['3', '"x"', { a: 2.5, b: true }, '7'],
      ['4', null, null, null],
      ['5', null, null, null],
    ]);
  });

  test('of JSON finds keys as each file spells them', async () => {
    await put('a.json', '{"id":1,"Name":"x"}\n');
    await put('b.json', '{"ID":2,"name":"y","name_1":"z"}\n');
    expect(await rows('SELECT id, name, name_1 FROM t ORDER BY id')).toEqual([
      ['1', 'x', null],
      ['2', 'y', 'z'],
    ]);
    await put('c.json', '{"id":3,"Id":4}\n');
    expect((await failure('SELECT * FROM t')).message).toMatch(
      /c\.json .* key Id in two spellings/,
    );
  });

  test.each([
    ['a,b\n1,2\n1,2,3\n4,5\n', /a\.csv can't be read as CSV: .*Line: 3/],
    ['a,b\n1,2\n3\n', /a\.csv can't be read as CSV: .*Line: 3/],
    ['a;b\n1;2\n1;2;3\n', /a\.csv can't be read as CSV/],
  ])('with ragged lines is refused: %j', async (text, message) => {
    await put('a.csv', text);
    expect((await failure('SELECT * FROM t')).message).toMatch(message);
  });

  test('whose lines are ragged far down fails where they are', async () => {
    await put('p=1/a.csv', `a,b\n${'1,2\n'.repeat(30_000)}7,8,9\n1,2\n`);
    const { code, message } = await failure('SELECT sum(a) FROM t');
    expect(code).toBe('query_failed');
    expect(message).toMatch(/attached\/t\d+\/p=1\/a\.csv, line 30002.*2.*3.*7,8,9/s);
  });
});

describe('a folder', () => {
  test('shows what is in it now', async () => {
    await put('a.csv', 'id\n1\n');
    expect(await rows('SELECT id FROM t')).toEqual([['1']]);
    await put('b.csv', 'id,v\n2,x\n');
    expect(await rows('SELECT * FROM t ORDER BY id')).toEqual([
      ['1', null],
      ['2', 'x'],
    ]);
    await rm(join(folder, 'a.csv'));
    expect(await rows('SELECT * FROM t')).toEqual([['2', 'x']]);
    await put('b.csv', 'id,v\n3,y\n');
    expect(await rows('SELECT * FROM t')).toEqual([['3', 'y']]);
  });

  test.each([
    ['a*.csv', [1]],
    ['**/*.csv', [1, 2, 3, 4]],
    ['sub/[ab]*', [2]],
    ['s{ub,pam}', [2, 3]],
    ['sub', [2, 3]],
    ['sub/c.csv', [3]],
    ['odd[1]', [4]],
  ])('is what matches %s', async (pattern, ids) => {
    for (const [id, path] of ['a.csv', 'sub/b.csv', 'sub/c.csv', 'odd[1]/d.csv'].entries()) {
      await put(path, `id\n${id + 1}\n`);
    }
    attach(join(folder, pattern));
    expect((await rows('SELECT id FROM t ORDER BY id')).flat()).toEqual(ids.map(String));
  });

  test.each<[string, Readonly<Record<string, string>>, string, RegExp]>([
    ['', {}, 'not_found', /There is nothing at .*t\d+\./],
    ['', { _SUCCESS: '', 'a.txt': '' }, 'unsupported_table', /holds no Parquet, CSV or JSON file/],
    ['', { 'a.csv': 'a\n1\n', 'b.json': '{}' }, 'unsupported_table', /holds csv and json/],
    ['', { 'a.parquet': 'no' }, 'unsupported_table', /a\.parquet can't be read as Parquet/],
    ['', { 'a.json': '{"a":1}\n{"a"' }, 'unsupported_table', /a\.json can't be read as JSON/],
    ['*.csv', { 'a.json': '{}' }, 'unsupported_table', /holds no Parquet/],
    ['{a', { 'a.json': '{}' }, 'invalid_config', /a \{ that is not closed/],
  ])('%j of %j fails clearly', async (pattern, files, code, message) => {
    for (const [path, text] of Object.entries(files)) await put(path, text);
    attach(join(folder, pattern));
    const found = await failure('SELECT * FROM t');
    expect([found.code, found.message]).toEqual([code, expect.stringMatching(message)]);
  });
});
