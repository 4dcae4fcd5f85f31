import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Connection, Engine } from '../../engine/engine.ts';
import { timeMacros } from './time-macros.ts';

/** A call, and the same one by DuckDB's own function. */
const calls: readonly (readonly [string, string])[] = [
  ...[
    'microsecond',
    'millisecond',
    'second',
    'minute',
    'hour',
    'day',
    'week',
    'month',
    'quarter',
    'year',
    'decade',
    'century',
    'millennium',
    'isoyear',
  ].flatMap((part) => [
    same(`date_trunc('${part}', moment)`),
    same(`datetrunc('${part}', moment)`),
  ]),
  same("date_trunc('MINUTE', moment)"),
  same("date_trunc(CASE WHEN epoch_us(moment) % 2 = 0 THEN 'hour' ELSE 'month' END, moment)"),
  ...[
    'microsecond',
    'millisecond',
    'second',
    'minute',
    'hour',
    'day',
    'dow',
    'isodow',
    'doy',
    'week',
    'month',
    'quarter',
    'year',
    'isoyear',
    'decade',
    'century',
    'millennium',
    'era',
    'epoch',
    'julian',
    'yearweek',
  ].flatMap((part) => [same(`date_part('${part}', moment)`), same(`datepart('${part}', moment)`)]),
  [
    "date_part(['year', 'day', 'epoch'], moment)",
    "system.main.date_part(['year', 'day', 'epoch'], moment)",
  ],
  ['extract(hour FROM moment)', "system.main.date_part('hour', moment)"],
  ...[
    '1 microsecond',
    '10 seconds',
    '7 minutes',
    '1 hour',
    '5 days',
    '1 week',
    '1 month',
    '2 years',
  ].map((width) => same(`time_bucket(INTERVAL '${width}', moment)`)),
  same("time_bucket(INTERVAL '1 day', moment, INTERVAL '6 hours')"),
  ...[
    '%Y-%m-%dT%H:%M:%S.%fZ',
    '%c',
    '%x %X',
    '%j %U %W %w %u',
    '%a %A %b %B %p %I',
    '%g',
    '%z',
    '%Z',
    '%%z',
  ].map((format) => same(`strftime(moment, '${format}')`)),
  ...[
    'year',
    'month',
    'day',
    'hour',
    'minute',
    'dayofweek',
    'isodow',
    'dayofyear',
    'week',
    'quarter',
    'dayname',
    'monthname',
  ].map((name) => same(`${name}(moment)`)),
];

function same(call: string): readonly [string, string] {
  return [call, `system.main.${call}`];
}

const folder = mkdtempSync(join(tmpdir(), 'macros-'));
let engine: Engine;
let connection: Connection;

beforeAll(async () => {
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: folder });
  connection = await engine.connect();
  for (const macro of timeMacros()) await connection.execute(macro);
  await connection.execute(`CREATE TABLE moments AS
    SELECT make_timestamptz(((hash(i) % 500000000000000000)::BIGINT - 250000000000000000)) AS moment
    FROM range(2000) r(i)
    UNION ALL SELECT unnest(['infinity', '-infinity', NULL, '1970-01-01', '1969-12-31 23:59:59.999999',
      '0044-03-15 (BC) 10:00:00', '0001-01-01', '0001-12-31 (BC) 23:00:00', '9999-12-31 23:59:59.999999',
      '2000-02-29', '1582-10-15', '1582-10-04', '290000-01-01', '294200-01-01 23:59:59.999999', '1970-01-01 00:00:00.000001', '2016-12-31 23:59:59'])::TIMESTAMPTZ
    UNION ALL SELECT to_timestamp(1700000000 + i * 3601.5) FROM range(2000) r(i)`);
});

afterAll(() => {
  connection.close();
  engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const types = ['TIMESTAMPTZ', 'TIMESTAMP', 'DATE'] as const;

for (const type of types) {
  it.each(calls)(`%s of a ${type} is what DuckDB makes of it`, async (call, original) => {
    const moments = `(SELECT moment::${type} AS moment FROM moments)`;
    const own = await outcome(
      `SELECT ${original} AS value, typeof(${original}) AS type FROM ${moments}`,
    );
    const ours = await outcome(`SELECT ${call} AS value, typeof(${call}) AS type FROM ${moments}`);
    expect(ours).toEqual(own);
  });
}

it.each([
  "date_trunc('hour', NULL)",
  "date_trunc('hour', INTERVAL '90 minutes')",
  "date_part('hour', TIME '10:00:00')",
  "date_part('day', INTERVAL '3 days')",
  'year(NULL)',
])('%s still works', async (call) => {
  expect(await outcome(`SELECT ${call} AS value, 1 AS type`)).toHaveLength(1);
});

/** All values as text. */
async function outcome(select: string): Promise<unknown> {
  return connection.rows(`SELECT value::VARCHAR AS value, type FROM (${select})`);
}
