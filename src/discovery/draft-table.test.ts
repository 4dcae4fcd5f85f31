import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, Engine } from '../engine/engine.ts';
import type { PeekedRecord } from '../source/look.ts';
import { draftTable, sourceOf, type TableDraft } from './draft-table.ts';
import { tableNameOf } from './table-name.ts';

let engine: Engine;
let connection: Connection;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-draft-'));
  engine = await Engine.open({
    threads: 1,
    memoryBytes: 256 * 1024 ** 2,
    tempDirectory: directory,
  });
  connection = await engine.connect();
});

afterAll(async () => {
  connection.close();
  engine.close();
  await rm(directory, { recursive: true, force: true });
});

async function draft(values: readonly (string | Uint8Array | null)[]): Promise<TableDraft> {
  const records = values.map((value, index): PeekedRecord => {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    const metadata = { offset_id: index, key: null, headers: {}, timestamp: 1, partition: 0 };
    const place = { partition: '0', position: String(index), timestampMs: 1 };
    return { ...place, key: null, headers: {}, value: bytes, metadata };
  });
  const options = { connector: 'kafka', connection_profile: 'c', topic: 't' };
  const metadata = [{ name: 'place', type: 'BIGINT', key: 'offset_id' }];
  return await draftTable(
    records,
    { table: 't', options, metadata: [], offered: metadata, path: 'tables/t' },
    { connection, directory, nowMs: 0 },
  );
}

function rejectionsOf({ dryRun }: TableDraft): readonly string[] {
  return dryRun.rejected.map(({ index, code }) => `${index} ${code}`);
}

describe('the drafted table takes all that it was inferred from', () => {
  const samples: readonly (readonly [name: string, values: readonly string[]])[] = [
    ['numbers of every size', ['1', '-1', '9223372036854775807', '18446744073709551615', '1e300']],
    ['fractions', ['0.1', '123456789.123456789123456', '-0', '1.50']],
    ['large decimals', ['99999999999999999999999999999999999999', '0.5']],
    [
      'times',
      ['"2026-01-02T03:04:05.123456Z"', '"2026-12-31 23:59:59+02"', '"1969-01-01T00:00:00Z"'],
    ],
    ['days', ['"2024-02-29"', '"0001-01-01"', '"9999-12-31"']],
    ['years before and after all', ['"0000-01-01T00:00:00Z"', '"9999-12-31T23:59:59Z"']],
    ['lists', ['[1,null]', '[]', 'null', '[2.5]']],
    ['structs', ['{"a":1,"b":{"c":"x"}}', '{"a":2,"b":{"c":null}}', '{"a":null,"b":null}']],
    ['structs that grow', [...Array.from({ length: 9 }, () => '{"a":1}'), '{"a":1,"z":2}']],
    ['lists of structs', ['[{"a":1},{"a":2,"b":"x"}]', '[{"b":"y"}]']],
    ['mixed values', ['1', '"1"', '[1]', '{"a":1}', 'true', 'null']],
    ['escapes', ['"a\\u0000b"', '"\\ud83d\\ude00"', '"\\"\\\\"']],
  ];
  test.each(samples)('%s', async (_, values) => {
    const made = await draft(values.map((value) => `{"x":${value}}`));
    expect(rejectionsOf(made)).toEqual([]);
    expect(made.dryRun.acceptedCount).toBe(values.length);
  });
});

describe('few values of another type', () => {
  const numbers = Array.from({ length: 196 }, (_, index) => `{"x":${index},"y":"a"}`);

  test('are rejected, and told with what would take them', async () => {
    const made = await draft([...numbers, '{"x":"n/a","y":"b"}']);
    expect(rejectionsOf(made)).toEqual(['196 type_mismatch']);
    expect(made.sql).toContain('1 of 197 would be rejected, JSON takes all');
    expect(made.inferred.warnings[0]).toContain(
      'x is BIGINT, as 99.5 % of the records have it; 1 record would be rejected.',
    );
    expect(made.inferred.warnings[0]).toContain('To take every value, write x JSON instead.');
  });

  test('of several columns may not reject many records together', async () => {
    const strange = (column: string): readonly string[] =>
      Array.from({ length: 6 }, () => JSON.stringify({ a: 1, b: 1, [column]: 'n/a' }));
    const plain = Array.from({ length: 188 }, () => '{"a":1,"b":1}');
    const made = await draft([...plain, ...strange('a'), ...strange('b')]);
    expect(made.inferred.columns.map(({ type }) => type.kind).toSorted()).toEqual([
      'integer',
      'json',
    ]);
    expect(made.dryRun.rejected).toHaveLength(6);
  });

  test('times that no calendar has become text where they are many', async () => {
    const values = ['2026-01-02T03:04:05Z', '2026-01-02T25:04:05Z'].map((at) => `{"at":"${at}"}`);
    const made = await draft(values);
    expect(made.inferred.columns[0]).toMatchObject({ type: { kind: 'text' } });
    expect(rejectionsOf(made)).toEqual([]);
  });
});

describe('what is wrong in itself is told', () => {
  test('with the code and the bytes that quarantine would have', async () => {
    const good = Array.from({ length: 6 }, (_, index) => `{"id":${index},\n"name":"n${index}"}`);
    const made = await draft([...good, '{"id":', null, '', Uint8Array.of(0xff, 0xfe), '[1]', '  ']);
    expect(rejectionsOf(made)).toEqual([
      '6 malformed_json',
      '7 tombstone',
      '8 malformed_json',
      '9 invalid_utf8',
      '10 not_an_object',
    ]);
    expect(made.dryRun).toMatchObject({ acceptedCount: 6, blankCount: 1 });
    expect(made.dryRun.rejected[3]?.raw).toEqual(Uint8Array.of(0xff, 0xfe));
    expect(made.inferred.columns.map(({ name }) => name)).toEqual(['id', 'name']);
  });

  test('half of a surrogate pair is no text', async () => {
    const made = await draft(['{"x":"\\ud800"}', '{"x":"fine"}']);
    expect(made.dryRun.rejected).toHaveLength(1);
  });
});

describe('topics that are not of JSON objects', () => {
  const shapes = [
    ['lists', ['[1,2]', '[3]'], 'value JSON', { kind: 'json', isUnstructured: true }],
    ['text', ['GET /', 'POST /x'], 'value TEXT', { kind: 'raw_string' }],
    [
      'bytes',
      [Uint8Array.of(0xff, 1), Uint8Array.of(2, 0xfe, 10, 3)],
      'value BYTEA',
      { kind: 'raw_bytes' },
    ],
    ['nothing', [], 'value JSON', { kind: 'json', isUnstructured: true }],
    ['tombstones', [null, null], 'value JSON', { kind: 'json', isUnstructured: true }],
  ] as const;
  test.each(shapes)('%s are kept whole', async (_, values, column, format) => {
    const made = await draft(values);
    expect(made.sql).toContain(column);
    expect(sourceOf(made.sql).format).toMatchObject(format);
    const areTombstones = values.some((value) => value === null);
    expect(made.dryRun.rejected).toHaveLength(areTombstones ? values.length : 0);
  });

  test('a registry is recognised, and so is Debezium', async () => {
    const framed = await draft([
      Uint8Array.of(0, 0, 0, 0, 7, 2, 4),
      Uint8Array.of(0, 0, 0, 0, 7, 1),
    ]);
    expect(framed.inferred.warnings[0]).toContain('schema 7');
    const change = await draft(['{"before":null,"after":{"id":1},"op":"c","ts_ms":1}']);
    expect(change.inferred.warnings[0]).toContain('debezium_json');
  });
});

test('a script offers what comes beside the records in a comment', async () => {
  const { sql } = await draft(['{"a":1}']);
  expect(sql).toContain("  --   place BIGINT METADATA FROM 'offset_id'");
  expect(sourceOf(sql).columns.map(({ name }) => name)).toEqual(['a']);
});

const names = [
  ['orders', 'orders'],
  ['Shop.Orders-v2', 'shop_orders_v2'],
  ['arn:aws:kinesis:eu-west-1:123456789012:stream/web-clicks', 'web_clicks'],
  ['2026', 't_2026'],
  ['___', 'events'],
] as const;
test.each(names)('the table of the stream %s is called %s', (stream, name) => {
  expect(tableNameOf(stream)).toBe(name);
});
