import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ColumnType } from '../event/schema.ts';
import { type Connection, Engine } from './engine.ts';
import { exactCast } from './exact-cast.ts';
import { parseDuckdbType } from './types.ts';

let engine: Engine;
let connection: Connection;

beforeAll(async () => {
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: tmpdir() });
  connection = await engine.connect();
});

afterAll(() => {
  connection.close();
  engine.close();
});

/** From a DuckDB type, to one, and for some values what becomes of them; undefined: an error. */
const cases: readonly [
  from: string,
  to: string,
  values: Readonly<Record<string, string | undefined>>,
][] = [
  ['INTEGER', 'TINYINT', { '127': '127', '128': undefined }],
  ['BIGINT', 'DOUBLE', { '9007199254740992': '9007199254740992.0', '9007199254740993': undefined }],
  ['UBIGINT', 'BIGINT', { '5': '5', '18446744073709551615': undefined }],
  ['INTEGER', 'BOOLEAN', { '0': 'false', '1': 'true', '2': undefined }],
  ['DOUBLE', 'INTEGER', { '2': '2', '2.5': undefined, '1e30': undefined }],
  ['DOUBLE', 'FLOAT', { '0.5': '0.5', '0.1': undefined }],
  ['DECIMAL(10,2)', 'INTEGER', { '49.00': '49', '49.50': undefined }],
  ['DECIMAL(10,2)', 'DECIMAL(10,1)', { '1.50': '1.5', '1.55': undefined }],
  ['DECIMAL(10,2)', 'DECIMAL(4,2)', { '99.99': '99.99', '100.00': undefined }],
  [
    'VARCHAR',
    'INTEGER',
    { '17': '17', ' -3 ': '-3', '1.7': undefined, x: undefined, '': undefined },
  ],
  ['VARCHAR', 'DECIMAL(6,2)', { '1.50': '1.50', '1.500': '1.50', '1.555': undefined }],
  ['VARCHAR', 'BOOLEAN', { true: 'true', maybe: undefined }],
  [
    'VARCHAR',
    'DATE',
    { '2024-02-29': '2024-02-29', '2023-02-29': undefined, '2024-02-29 10:00:00': undefined },
  ],
  [
    'VARCHAR',
    'TIMESTAMPTZ',
    {
      '2024-01-01T00:00:00.123456Z': '2024-01-01 00:00:00.123456+00',
      '2024-01-01T00:00:00.1234560Z': '2024-01-01 00:00:00.123456+00',
      '2024-01-01T00:00:00.1234567Z': undefined,
    },
  ],
  [
    'TIMESTAMP_NS',
    'TIMESTAMPTZ',
    {
      '2024-01-01 00:00:00.123456': '2024-01-01 00:00:00.123456+00',
      '2024-01-01 00:00:00.123456789': undefined,
    },
  ],
  ['TIMESTAMP', 'TIMESTAMPTZ', { '9999-12-31 00:00:00.000001': '9999-12-31 00:00:00.000001+00' }],
  [
    'TIMESTAMPTZ',
    'DATE',
    { '2024-01-01 00:00:00+00': '2024-01-01', '2024-01-01 10:00:00+00': undefined },
  ],
  ['DATE', 'TIMESTAMPTZ', { '2024-01-01': '2024-01-01 00:00:00+00' }],
  ['INTEGER', 'VARCHAR', { '7': '7' }],
];

describe.each(cases)('from %s to %s', (from, to, values) => {
  const types: readonly ColumnType[] = [
    parseDuckdbType(parsable(from)),
    parseDuckdbType(parsable(to)),
  ];
  const [fromType = { kind: 'text' }, toType = { kind: 'text' }] = types;

  test.each(Object.entries(values))('%s becomes %s', async (value, expected) => {
    const cast = exactCast('v', fromType, toType);
    const select = `SELECT CAST((${cast}) AS VARCHAR) AS r FROM (SELECT CAST($1 AS ${from}) AS v)`;
    const result = connection.rows(select, [value]).then(([row]) => row?.['r']);
    if (expected === undefined)
      await expect(result).rejects.toMatchObject({ code: 'query_failed' });
    else expect(await result).toBe(expected);
  });

  test('NULL stays NULL', async () => {
    const cast = exactCast('v', fromType, toType);
    const [row] = await connection.rows(`SELECT ${cast} AS r FROM (SELECT NULL::${from} AS v)`);
    expect(row?.['r']).toBeNull();
  });
});

test.each([`14 months 3 days -4 hours`, `-90 seconds`, `0.000001 seconds`, `0 seconds`])(
  'an interval of %s is stored as text that is that interval again',
  async (text) => {
    const stored = exactCast('v', { kind: 'interval' }, { kind: 'text' });
    const [row] = await connection.rows(
      `SELECT (${stored})::INTERVAL IS NOT DISTINCT FROM v AS is_same FROM (SELECT $1::INTERVAL AS v)`,
      [text],
    );
    expect(row?.['is_same']).toBe(true);
  },
);

test('DuckDB reads no interval in ISO 8601', async () => {
  const read = connection.rows(`SELECT 'P1Y2M3DT-4H'::INTERVAL`);
  await expect(read).rejects.toMatchObject({ code: 'query_failed' });
});

function parsable(type: string): string {
  return type === 'TIMESTAMPTZ' ? 'TIMESTAMP WITH TIME ZONE' : type;
}
