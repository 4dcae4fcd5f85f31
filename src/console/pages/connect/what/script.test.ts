import { expect, test } from 'vitest';
import type { TableDraft } from '../draft/draft.ts';
import { columnsOf, type Drafted, scriptOf, usualPath } from './script.ts';

const sql = `CREATE TABLE orders_stream (
  id TEXT,               -- in 100 %, e.g. a -- b
  "order" BIGINT,        -- in 98 %
  "a b" DECIMAL(10, 2)   -- in 3 %
  -- What comes beside each record, to add where you need it:
  --   kafka_partition INT METADATA FROM 'partition'
) WITH (
  connector = 'kafka',
  topic = 'orders',
  'source.offset' = 'earliest',
  format = 'json'
);

CREATE TABLE orders WITH (
  connector = 'delta',
  path = 'helios-data/tables/orders',
  format = 'parquet'
);

INSERT INTO orders
SELECT id, "order", "a b" AS a_b
FROM orders_stream;
`;

const column = { present_count: 1, null_count: 0, examples: [] };
const drafted: Drafted = {
  table: 'orders',
  sql,
  columns: [
    { ...column, name: 'id', type: 'TEXT' },
    { ...column, name: 'order', type: 'BIGINT' },
    { ...column, name: 'a b', type: 'DECIMAL(10, 2)' },
  ],
};
const plain: TableDraft = { offset: 'earliest', columns: {} };

test('without changes it is the draft', () => {
  const script = scriptOf(drafted, plain);
  expect(script.replaceAll(/ +/g, ' ')).toBe(sql.replaceAll(/ +/g, ' '));
  expect(columnsOf(drafted, {}).map(({ name }) => name)).toEqual(['id', 'order', 'a_b']);
});

test('columns are renamed, changed and left out', () => {
  const script = scriptOf(drafted, {
    ...plain,
    columns: { id: { name: 'Key' }, order: { isOff: true }, 'a b': { type: 'JSON' } },
  });
  expect(script).toContain('  "a b" JSON\n');
  expect(script).toContain('SELECT id AS "Key", "a b" AS a_b\n');
  expect(script).not.toContain('BIGINT');
});

test('name, start, place and folders', () => {
  const script = scriptOf(drafted, { ...plain, name: 'o2', offset: 'latest', folders: 'day' });
  expect(script).toContain("'source.offset' = 'latest'");
  expect(script).toContain("path = 'helios-data/tables/o2',");
  expect(script).toContain("format = 'parquet',\n  partition_fields = 'day'\n)");
  expect(script).toContain('INSERT INTO o2\n');
  expect(script).toContain('FROM o2_stream;');
  expect(scriptOf(drafted, { ...plain, path: "/it's" })).toContain("path = '/it''s',");
  expect(usualPath(drafted, 'o2')).toBe('helios-data/tables/o2');
});

test('records that are kept whole keep the draft as it is', () => {
  const whole = { ...drafted, columns: [], sql: sql.replace('SELECT id', 'SELECT value') };
  expect(scriptOf(whole, plain)).toContain('SELECT value, "order"');
});
