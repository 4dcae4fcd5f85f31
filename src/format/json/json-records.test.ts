import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RejectionCode } from '../../event/rejected.ts';
import { createDecoder } from '../create-decoder.ts';
import { isBadRecordError } from '../format.ts';
import { tableOf, Trial } from '../trial.conformance.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';

let trial: Trial;

beforeAll(async () => {
  trial = await Trial.open();
});

afterAll(async () => {
  await trial[Symbol.asyncDispose]();
});

const good = '{"id":1,"name":"ok"}';
const goodRow = { id: '1', name: 'ok' };

/** What it is, its bytes, and the row it becomes or why it is rejected; undefined: no record. */
type Poison = readonly [
  name: string,
  bytes: string | Uint8Array,
  outcome: RejectionCode | Readonly<Record<string, unknown>> | undefined,
];

const poison: readonly Poison[] = [
  ['invalid UTF-8 in a value', Buffer.from('{"id":1,"name":"\xff\xfe"}', 'latin1'), 'invalid_utf8'],
  ['invalid UTF-8 in a key', Buffer.from('{"id":1,"\xff":2}', 'latin1'), 'invalid_utf8'],
  ['overlong UTF-8', Buffer.from('{"name":"\xc0\xaf"}', 'latin1'), 'invalid_utf8'],
  ['a surrogate in UTF-8', Buffer.from('{"name":"\xed\xa0\x80"}', 'latin1'), 'invalid_utf8'],
  ['a NUL byte', '\0', 'malformed_json'],
  ['a NUL byte in a string', '{"id":1,"name":"a\0b"}', 'malformed_json'],
  ['an escaped NUL', String.raw`{"id":1,"name":"a\u0000b"}`, { id: '1', name: 'a\0b' }],
  ['an empty line', '', undefined],
  ['a line of white space', ' \t\v\f\r', undefined],
  ['null', 'null', 'not_an_object'],
  ['a number', '5', 'not_an_object'],
  ['a string', '"x"', 'not_an_object'],
  ['an array of objects', '[{"id":1,"name":"x"}]', 'not_an_object'],
  ['an empty object', '{}', { id: null, name: null }],
  ['an object of nulls', '{"id":null,"name":null}', { id: null, name: null }],
  [
    'a line of 17 MB',
    `{"id":1,"name":"x","pad":"${'p'.repeat(17_000_000)}"}`,
    { id: '1', name: 'x' },
  ],
  ['a line of 50 MB', `{"id":1,"name":"${'n'.repeat(50_000_000)}"}`, 'too_long'],
  [
    '10,000 levels in a column',
    `{"id":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
    'type_mismatch',
  ],
  [
    '100,000 levels in a key that no column has',
    `{"id":1,"name":"x","deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    { id: '1', name: 'x' },
  ],
  ['100,000 levels that are never closed', '{"a":'.repeat(100_000), 'malformed_json'],
  ['a key twice: the first counts', '{"id":1,"name":"x","id":2}', { id: '1', name: 'x' }],
  ['__proto__', '{"id":1,"name":"x","__proto__":{"id":2}}', { id: '1', name: 'x' }],
  ['keys in another case', '{"ID":1,"Name":"x"}', { id: null, name: null }],
  ['an escaped key', String.raw`{"\u0069d":1,"name":"x"}`, { id: '1', name: 'x' }],
  ['1e400', '{"id":1e400}', 'inexact'],
  ['-0', '{"id":-0}', { id: '0', name: null }],
  ['2^63', '{"id":9223372036854775808}', 'out_of_range'],
  ['NaN', '{"id":NaN}', 'type_mismatch'],
  ['a byte order mark', '\ufeff{"id":1}', 'malformed_json'],
  ['half a surrogate pair', String.raw`{"name":"\ud800"}`, 'malformed_json'],
  ['two objects on a line', '{"id":1}{"id":2}', 'malformed_json'],
  ['something after the object', '{"id":1} x', 'malformed_json'],
  ['a torn line', '{"id":1,"na', 'malformed_json'],
  ['only a brace', '{', 'malformed_json'],
  ['a comment', '{"id":1 /* one */}', 'malformed_json'],
  ['a trailing comma, which DuckDB takes', '{"id":1,"name":"x",}', { id: '1', name: 'x' }],
  ['white space around', '  {"id":1,"name":"x"}\t\r', { id: '1', name: 'x' }],
  ['a carriage return inside', '{"id":1,\r"name":"x"}', { id: '1', name: 'x' }],
  ['a text column with a number', '{"name":5}', 'type_mismatch'],
  ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), 'invalid_utf8'],
  [
    '100,000 keys',
    `{${Array.from({ length: 100_000 }, (_, n) => `"k${n}":${n}`).join(',')},"id":1,"name":"x"}`,
    { id: '1', name: 'x' },
  ],
];

describe('a record among good ones', () => {
  test.each(poison)('%s', async (_, bytes, outcome) => {
    const decoder = createDecoder(tableOf({ id: 'BIGINT', name: 'VARCHAR' }));
    const raw = Buffer.from(bytes);
    const file = Buffer.concat([Buffer.from(`${good}\n`), raw, Buffer.from(`\n${good}\n`)]);
    // As the last line, without its end.
    const last = Buffer.concat([Buffer.from(`${good}\n\n`), raw]);
    const rejected = typeof outcome === 'string' ? [outcome] : [];
    const rows = typeof outcome === 'object' ? [outcome] : [];
    const middle = await trial.decode(decoder, file);
    expect(middle.rows).toEqual([goodRow, ...rows, goodRow]);
    expect(middle.rejected.map((record) => record.code)).toEqual(rejected);
    const torn = await trial.decode(decoder, last);
    expect(torn.rows).toEqual([goodRow, ...rows]);
    expect(torn.rejected.map((record) => record.code)).toEqual(rejected);
    if (rejected.length > 0) {
      expect([middle.fast, torn.fast].map((fast) => typeof fast)).toEqual(['string', 'string']);
      expect(Buffer.from(torn.rejected[0]?.raw ?? '').equals(raw)).toBe(true);
      expect(torn.rejected[0]).toMatchObject({ position: '22', rejectedAtMs: 7, partition: '0' });
    } else {
      if (typeof middle.fast !== 'string') expect(middle.fast).toEqual(middle.rows);
      if (typeof torn.fast !== 'string') expect(torn.fast).toEqual(torn.rows);
    }
  });
});

test('messages name the column, the beginning of the value and the type', async () => {
  const table = tableOf({ id: 'BIGINT NOT NULL', at: 'TIMESTAMP', l: 'STRUCT(a BIGINT)[]' });
  const lines = [
    '{"at":"2024-01-01T00:00:00Z"}',
    '{"id":"abc"}',
    `{"id":"${'x'.repeat(100)}"}`,
    '{"id":1,"at":5}',
    '{"id":1,"at":"2024-02-30T00:00:00Z"}',
    '{"id":1.5}',
    '{"id":1,"l":[{"a":{}}]}',
    '[1]',
    '{"id":',
  ];
  const { rejected } = await trial.decode(table, lines.join('\n'));
  expect(rejected.map(({ message }) => message)).toEqual([
    'Column "id" is NOT NULL, and the record has no value.',
    'Column "id": "abc" is no BIGINT.',
    `Column "id": "${'x'.repeat(79)}… is no BIGINT.`,
    'Column "at": 5 is no TIMESTAMP.',
    'Column "at": "2024-02-30T00:00:00Z" is out of the range of TIMESTAMP.',
    'Column "id": 1.5 does not fit BIGINT exactly.',
    'Column "l": [{"a":{}}] is no STRUCT("a" BIGINT)[].',
    'The line is an array, not an object.',
    'Unexpected end of JSON input',
  ]);
});

describe('a fast SELECT over a bad record fails', () => {
  const lines = Array.from({ length: 3000 }, (_, n) => `{"id":${n},"name":"n${n % 7}"}`);
  lines[1500] = '{"id":"bad","name":"bad"}';
  const text = lines.join('\n');

  test.each([
    'SELECT * FROM (?)',
    'SELECT count(*) FROM (?)',
    'SELECT 1 FROM (?)',
    'SELECT id FROM (?)',
    'SELECT name FROM (?)',
    "SELECT id FROM (?) WHERE name <> 'bad'",
    "SELECT count(*) FROM (?) WHERE name LIKE 'n%'",
    'SELECT count(*) FROM (?) WHERE id IS NOT NULL',
    'SELECT name FROM (?) WHERE name IS NOT NULL AND id IS NOT NULL',
    'SELECT id FROM (?) WHERE id > 5 AND id < 100',
    "SELECT id FROM (?) WHERE name IN (SELECT 'n1')",
    'SELECT a.id FROM (?) a JOIN (SELECT 5 AS id) b USING (id)',
    "SELECT name, count(*) FROM (?) WHERE name = 'n2' GROUP BY name",
    'SELECT id FROM (?) ORDER BY id LIMIT 3',
    'SELECT id FROM (?) WHERE length(name) = 2 UNION ALL SELECT 1 WHERE false',
    'WITH c AS (?) SELECT max(id) FROM c WHERE coalesce(id, 0) > 1',
  ])('%s', async (statement) => {
    for (const columns of [
      { id: 'BIGINT', name: 'VARCHAR' },
      { id: 'BIGINT', name: 'VARCHAR', j: 'JSON' },
    ]) {
      const batch = await trial.batch(text);
      const fast = createDecoder(tableOf(columns)).fast([batch.content.path]);
      const failure = await trial.connection
        .rows(statement.replace('?', () => fast))
        .then(() => undefined, asHeliosError);
      expect(failure === undefined ? 'no failure' : isBadRecordError(failure)).toBe(true);
    }
  });
});

test('an error of the SQL around it is no bad record', async () => {
  const batch = await trial.batch('{"id":1}\n');
  const fast = createDecoder(tableOf({ id: 'BIGINT' })).fast([batch.content.path]);
  const failure = await trial.connection
    .rows(`SELECT ('x' || id)::BIGINT FROM (${fast})`)
    .then(() => undefined, asHeliosError);
  expect(failure).toMatchObject({ code: 'query_failed' });
  expect(failure && isBadRecordError(failure)).toBe(false);
});

test('texts like numbers, and records without a known key, are slow once', async () => {
  const decoder = createDecoder(tableOf({ zip: 'VARCHAR', city: 'VARCHAR' }));
  const text = '{"zip":"10115","city":"Berlin"}\n';
  expect((await trial.decode(decoder, text)).fast).toBeTypeOf('string');
  expect((await trial.decode(decoder, text)).fast).toEqual([{ zip: '10115', city: 'Berlin' }]);
  expect((await trial.decode(decoder, '{"zip":10115}')).fast).toBeTypeOf('string');
  expect((await trial.decode(decoder, '{"other":1}')).fast).toBeTypeOf('string');
  expect((await trial.decode(decoder, '{"other":1}')).fast).toEqual([{ zip: null, city: null }]);
  expect((await trial.decode(decoder, 'null')).fast).toBeTypeOf('string');
});

test('the slow path knows where each clean record came from', async () => {
  const lines = ['{"id":0}', 'bad', '', '{"id":1}', '{"id":"x"}', '{"id":2}', '{"id":3}'];
  const batch = await trial.batch(lines.join('\n'));
  const decoder = createDecoder(tableOf({ id: 'BIGINT' }));
  const context = { source: 's', nowMs: 1, scratchDirectory: trial.directory };
  const isolated = await decoder.isolate(trial.connection, batch, context);
  expect(isolated.recordCount).toBe(6);
  const rows = await trial.connection.rows(`SELECT id, __row FROM (${isolated.sql})`);
  expect(rows.map((row) => row['id'])).toEqual(['0', '1', '2', '3']);
  for (const { id, __row: row } of rows) {
    const { raw, position } = isolated.record(Number(row));
    expect(Buffer.from(raw).toString()).toBe(`{"id":${String(id)}}`);
    expect(lines.join('\n').indexOf(`{"id":${String(id)}}`)).toBe(Number(position));
  }
  await isolated.release();
});

test('a text column that looks like numbers is read another way, without the slow path', async () => {
  const decoder = createDecoder(tableOf({ id: 'BIGINT', a: 'VARCHAR', b: 'VARCHAR' }));
  const batch = await trial.batch('{"id":1,"a":"x","b":"y"}\n{"id":2,"a":"4e12","b":"007"}\n');
  const failures: string[] = [];
  let rows = await trial.fast(decoder, batch);
  while (typeof rows === 'string') {
    failures.push(rows);
    expect(decoder.adapt?.(new HeliosError('query_failed', rows))).toBe(true);
    rows = await trial.fast(decoder, batch);
  }
  expect(failures).toEqual([
    expect.stringContaining('events examine:1;'),
    expect.stringContaining('events examine:2;'),
  ]);
  expect(rows).toEqual([
    { id: '1', a: 'x', b: 'y' },
    { id: '2', a: '4e12', b: '007' },
  ]);
  await batch.release();
});

test.each([
  ['{"id":1,"a":', 0],
  ['{"id":1.5}', 1],
  ['null', 1],
  // Examined and read as JSON, and suspected.
  ['{"id":1,"a":true}', 2],
])('%s is left to the slow path after %d other tries', async (line, tries) => {
  const decoder = createDecoder(tableOf({ id: 'BIGINT', a: 'VARCHAR' }));
  const batch = await trial.batch(line);
  const failed = async (): Promise<HeliosError> =>
    new HeliosError('query_failed', String(await trial.fast(decoder, batch)));
  for (let count = 0; count < tries; count++) {
    expect(decoder.adapt?.(await failed())).toBe(true);
  }
  expect(decoder.adapt?.(await failed())).toBe(false);
  await batch.release();
});

test('good records that look suspicious are asked what is wrong from then on', async () => {
  const decoder = createDecoder(tableOf({ id: 'BIGINT' }));
  const batch = await trial.batch('{"id":1}\n{"id":"007"}\n');
  const first = await trial.fast(decoder, batch);
  expect(first).toContain('events suspect;');
  expect(decoder.adapt?.(new HeliosError('query_failed', String(first)))).toBe(true);
  expect(await trial.fast(decoder, batch)).toEqual([{ id: '1' }, { id: '7' }]);
  expect(await trial.fast(decoder, batch)).toEqual([{ id: '1' }, { id: '7' }]);
  await batch.release();
});

test('rows come in the order of the records, over several files', async () => {
  const line = (n: number): string => `{"id":${n},"name":"${'x'.repeat(n % 50)}"}\n`;
  const files = [0, 1, 2].map((file) =>
    Array.from({ length: 20_000 }, (_, n) => line(file * 20_000 + n)).join(''),
  );
  const batches = await Promise.all(files.map(async (text) => await trial.batch(text)));
  const decoder = createDecoder(tableOf({ id: 'BIGINT', name: 'VARCHAR' }));
  const fast = decoder.fast(batches.map((batch) => batch.content.path));
  await trial.connection.execute(`CREATE TEMP TABLE ordered AS ${fast}`);
  const rows = await trial.connection.rows('SELECT count(*) AS n FROM ordered WHERE id <> rowid');
  expect(rows).toEqual([{ n: '0' }]);
});

test('a table says how long a line may be', async () => {
  const decoder = createDecoder(tableOf({ id: 'BIGINT' }, { lineBytesMax: 10 }));
  const decoded = await trial.decode(decoder, ' {"id":123}  \n{"id":1234}\n');
  expect(decoded.fast).toBeTypeOf('string');
  expect(decoded.rows).toEqual([{ id: '123' }]);
  expect(decoded.rejected).toMatchObject([{ code: 'too_long', position: '14' }]);
  expect((await trial.decode(decoder, '{"id":123}\n')).fast).toEqual([{ id: '123' }]);
});

test("a file's path is never a pattern", async () => {
  const folder = join(trial.directory, "it's [a] *? k=1");
  await mkdir(folder);
  const path = join(folder, 'x.gz');
  await writeFile(path, '{"id":1}\n');
  const fast = createDecoder(tableOf({ id: 'BIGINT' })).fast([path]);
  expect(await trial.connection.rows(fast)).toEqual([{ id: '1' }]);
});

test('an empty batch has no rows', async () => {
  for (const text of ['', '\n\n', ' ']) {
    expect(await trial.decode(tableOf({ id: 'BIGINT', d: 'DECIMAL(10,2)' }), text)).toEqual({
      fast: [],
      rows: [],
      rejected: [],
    });
  }
});

test('column names may be anything that JSON keys may be', async () => {
  const table = tableOf({ 'a"b': 'VARCHAR', "it's": 'BIGINT', 'x/y~z.$': 'JSON', é: 'DATE' });
  const line = `{"a\\"b":"q","it's":1,"x/y~z.$":[1],"é":"2024-01-01"}`;
  const decoded = await trial.decode(table, line);
  expect(decoded.rows).toEqual([{ 'a"b': 'q', "it's": '1', 'x/y~z.$': '[1]', é: '2024-01-01' }]);
  expect(decoded.fast).toEqual(decoded.rows);
});

test('a MAP takes objects of any keys, each of them once', async () => {
  const table = tableOf({ m: 'MAP(VARCHAR, DECIMAL(10,2))' });
  const lines = [
    '{"m":{"b":1.50,"a\\"":null,"":-2}}',
    '{"m":{}}',
    '{"m":null}',
    '{"m":{"a":1,"a":2}}',
    '{"m":[1]}',
    '{"m":{"a":1,"b":"x"}}',
    '{"m":{"a":1.234}}',
  ];
  const decoded = await trial.decode(table, lines.join('\n'));
  const entry = (key: string, value: unknown): object => ({ key, value });
  expect(decoded.rows).toEqual([
    { m: [entry('b', '1.50'), entry('a"', null), entry('', '-2.00')] },
    { m: [] },
    { m: null },
  ]);
  expect(decoded.rejected.map(({ code }) => code)).toEqual([
    'type_mismatch',
    'type_mismatch',
    'type_mismatch',
    'inexact',
  ]);
});

test('tables that JSON can not fill are refused', () => {
  expect(() => createDecoder(tableOf({}))).toThrow('no column that a record fills');
  expect(() => createDecoder(tableOf({ m: 'MAP(BIGINT, BIGINT)' }))).toThrow('are TEXT');
});
