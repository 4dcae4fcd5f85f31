import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connection, Engine } from '../../engine/engine.ts';
import { parseScript } from '../../sql/parse-script.ts';
import type { SourceTable } from '../../sql/script.ts';
import { selectedTable, selectRecords, type Selection } from './select-records.ts';

let directory: string;
let engine: Engine;
let connection: Connection;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-select-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: directory });
  connection = await engine.connect();
});

afterAll(async () => {
  connection.close();
  engine.close();
  await rm(directory, { recursive: true, force: true });
});

type Rejected = readonly [
  position: string,
  raw: string,
  rejectedAtMs: number,
  metadata?: string | undefined,
];
type Outcome = readonly [
  position: string,
  raw: string,
  rejectedAtMs: number,
  copy: number,
  passed: boolean,
];

function rejectedRows(rows: readonly Rejected[]): string {
  const selects = rows.map(
    ([position, raw, atMs, metadata]) => `SELECT 'p' AS pipeline, 's' AS source,
      '0' AS "partition", '${position}' AS "position", make_timestamptz(${atMs} * 1000) AS rejected_at,
      'inexact' AS code, 'no' AS message, '${raw}'::BLOB AS raw, NULL AS raw_text,
      ${metadata === undefined ? 'NULL' : `'${metadata}'`}::VARCHAR AS metadata`,
  );
  return selects.join(' UNION ALL ');
}

function outcomeRows(rows: readonly Outcome[]): string {
  const selects = rows.map(
    ([position, raw, atMs, copy, passed]) => `SELECT 'p' AS pipeline, 's' AS source,
      '0' AS "partition", '${position}' AS "position",
      make_timestamptz(${atMs} * 1000) AS rejected_at, md5('${raw}') AS raw_md5, ${copy} AS copy,
      'r' AS replay_id, ${passed} AS passed`,
  );
  const none = `SELECT * FROM (${outcomeSelect}) WHERE false`;
  return selects.length === 0 ? none : selects.join(' UNION ALL ');
}

const outcomeSelect = `SELECT '' AS pipeline, '' AS source, '' AS "partition", '' AS "position",
  now() AS rejected_at, '' AS raw_md5, 0 AS copy, '' AS replay_id, false AS passed`;

function sourceOf(options: string, columns = 'id BIGINT'): SourceTable {
  const parsed = parseScript(`CREATE TABLE s (${columns}) WITH (${options}, type = 'source');
    CREATE TABLE t WITH (connector = 'blackhole', type = 'sink'); INSERT INTO t SELECT * FROM s;`);
  const source = parsed.kind === 'ok' ? parsed.script.sources[0] : undefined;
  if (source === undefined) throw new Error(JSON.stringify(parsed));
  return source;
}

const stream = sourceOf("connector = 'http', format = 'json', stream = 's'");
const selection: Selection = {
  ...{ pipeline: 'p', createdAtMs: 10, sources: [stream], sinceMs: {}, filter: {} },
  chunkBytes: 1000,
};

async function select(
  rejected: readonly Rejected[],
  outcomes: readonly Outcome[],
  more: Partial<Selection> = {},
): Promise<{ readonly selected: unknown; readonly raws: readonly string[] }> {
  const tables = {
    rejected: rejectedRows(rejected),
    outcomes: outcomeRows(outcomes),
    [Symbol.asyncDispose]: async () => await Promise.resolve(),
  };
  const selected = await selectRecords(connection, tables, { ...selection, ...more });
  const rows = await connection.rows(
    `SELECT decode(raw) AS raw FROM ${selectedTable} ORDER BY seq`,
  );
  return { selected, raws: rows.map(({ raw }) => String(raw)) };
}

test('records of one aggregate share a position and are records all the same', async () => {
  const rejected: readonly Rejected[] = [
    ['5', 'a', 100],
    ['5', 'b', 100],
    ['5', 'b', 100],
  ];
  const all = await select(rejected, []);
  expect(all.raws.toSorted((left, right) => left.localeCompare(right))).toEqual(['a', 'b', 'b']);
  const some = await select(rejected, [
    ['5', 'b', 100, 1, true],
    ['5', 'a', 100, 1, false],
  ]);
  expect(some.raws.toSorted((left, right) => left.localeCompare(right))).toEqual(['a', 'b']);
  expect(some.selected).toMatchObject({ recordCount: 2, replayedCount: 1 });
});

test('one place that was rejected twice is one record', async () => {
  const rejected: readonly Rejected[] = [
    ['5', 'a', 100],
    ['5', 'a', 200],
  ];
  expect((await select(rejected, [])).raws).toEqual(['a']);
  expect((await select(rejected, [['5', 'a', 100, 1, true]])).raws).toEqual([]);
  expect((await select(rejected, [['5', 'a', 200, 1, true]])).raws).toEqual([]);
});

test('a place of a source that was replaced is another record', async () => {
  const rejected: readonly Rejected[] = [
    ['5', 'a', 100],
    ['5', 'a', 200],
  ];
  const { raws } = await select(rejected, [['5', 'a', 100, 1, true]], { sinceMs: { s: 150 } });
  expect(raws).toEqual(['a']);
});

test('what this replay has done counts as its own, and is not done again', async () => {
  const rejected: readonly Rejected[] = [
    ['5', 'a', 100],
    ['6', 'b', 100],
    ['7', 'c', 100],
  ];
  const outcomes: readonly Outcome[] = [
    ['5', 'a', 100, 1, true],
    ['6', 'b', 100, 1, false],
  ];
  const mine = await select(rejected, outcomes, { replayId: 'r' });
  expect(mine).toMatchObject({ selected: { recordCount: 3, replayedCount: 0 }, raws: ['c'] });
  const other = await select(rejected, outcomes, { replayId: 'other' });
  expect(other).toMatchObject({ selected: { recordCount: 2, replayedCount: 1 }, raws: ['b', 'c'] });
});

test('chunks have so many bytes, about, and a long record is not cut', async () => {
  const long = 'x'.repeat(5000);
  const rejected = ['1', '2', long, '4'].map((raw, index): Rejected => [
    `${index}`,
    raw,
    100 + index,
  ]);
  const { selected, raws } = await select(rejected, []);
  expect(raws).toEqual(['1', '2', long, '4']);
  expect(selected).toMatchObject({ chunks: [0, 6] });
});

const kafka = "connector = 'kafka', connection_profile = 'k', topic = 's', format = 'json'";

test.each<[string, Partial<Selection>, string]>([
  ['before the pipeline was made', { createdAtMs: 1000 }, 'pipeline_gone'],
  ['of a source that is gone', { sources: [{ ...stream, name: 'other' }] }, 'source_gone'],
  ['before it was read again', { sinceMs: { s: 1000 } }, 'read_again'],
])('what was rejected %s is refused', async (_, more, reason) => {
  const { selected, raws } = await select([['5', 'a', 100]], [], more);
  expect(raws).toEqual([]);
  expect(selected).toMatchObject({ refusals: [{ source: 's', reason, recordCount: 1 }] });
});

test('rows of Parquet files are not kept with rejected records', async () => {
  const parquet = sourceOf("connector = 'filesystem', path = '/x', format = 'parquet'");
  const { selected } = await select([['5', 'a', 100]], [], { sources: [parquet] });
  expect(selected).toMatchObject({ recordCount: 0, refusals: [{ reason: 'bytes_missing' }] });
});

const kinesis =
  "connector = 'kinesis', aws_region = 'eu-west-1', stream_name = 's', format = 'json'";
const key = "k TEXT METADATA FROM 'key'";
const time = "at TIMESTAMP METADATA FROM 'timestamp'";

test.each<[string, string, Rejected, 'metadata_missing' | undefined]>([
  [kafka, key, ['5', 'a', 100], 'metadata_missing'],
  [kafka, key, ['5', 'a', 100, '{"headers":{"key":1}}'], 'metadata_missing'],
  [kafka, key, ['5', 'a', 100, 'no JSON'], 'metadata_missing'],
  [kafka, key, ['5', 'a', 100, '{"key":null}'], undefined],
  [kafka, time, ['5', 'a', 100, '{"key":null}'], 'metadata_missing'],
  [kafka, "o BIGINT METADATA FROM 'offset_id'", ['5', 'a', 100], undefined],
  [kinesis, time, ['5', 'a', 100], 'metadata_missing'],
  [kinesis, time, ['5~1738310400123', 'a', 100], undefined],
  [kinesis, "n TEXT METADATA FROM 'sequence_number'", ['5', 'a', 100], undefined],
  [kinesis, "k TEXT METADATA FROM 'partition_key'", ['5~9', 'a', 100], 'metadata_missing'],
  [
    kinesis,
    "k TEXT METADATA FROM 'partition_key'",
    ['5', 'a', 100, '{"partition_key":""}'],
    undefined,
  ],
])('%s with %s takes %j: %s', async (options, column, [place, raw, atMs, kept], reason) => {
  const sources = [sourceOf(options, `id BIGINT, ${column}`)];
  const { selected } = await select([[place, raw, atMs, kept]], [], { sources });
  const refusals = reason === undefined ? [] : [{ source: 's', reason, recordCount: 1 }];
  expect(selected).toMatchObject({ recordCount: reason === undefined ? 1 : 0, refusals });
});

test('records of one aggregate that are the same keep their own metadata', async () => {
  const rejected: readonly Rejected[] = [
    ['5', 'a', 100, '{"subsequence_number":1}'],
    ['5', 'a', 100, '{"subsequence_number":0}'],
  ];
  await select(rejected, [['5', 'a', 100, 1, true]]);
  const left = await connection.rows(`SELECT metadata FROM ${selectedTable}`);
  expect(left).toEqual([{ metadata: '{"subsequence_number":1}' }]);
});
