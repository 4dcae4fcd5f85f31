import { expect, test } from 'vitest';
import { originsOf, placeColumns } from './origin.ts';

const kafka = `CREATE TABLE o_in (id BIGINT, "part ""n""" INT METADATA FROM 'partition',
  o BIGINT GENERATED ALWAYS AS (metadata('offset_id')) STORED) WITH (connector = 'kafka');`;

const cases: readonly (readonly [string, string, readonly string[], object | undefined])[] = [
  ['both columns', kafka, ['id', 'Part "n"', 'O'], { partition: 'Part "n"', position: 'O' }],
  ['the position alone', kafka, ['id', 'o'], undefined],
  ['none', "CREATE TABLE t (a INT) WITH (connector = 'http')", ['a'], undefined],
  [
    'those of a shard',
    "s TEXT METADATA FROM 'shard_id', n TEXT METADATA FROM 'sequence_number'",
    ['n', 's'],
    { partition: 's', position: 'n' },
  ],
];

test.each(cases)('a table with %s', (_what, sql, columns, expected) => {
  expect(placeColumns(sql, columns)).toEqual(expected);
});

test('a table comes from the streams of the pipelines that write it', () => {
  const pipeline = {
    name: 'load',
    sql: kafka,
    sources: [{ reads: { names: ['orders'], connection: 'prod' } }, {}],
    sinks: [{ table: 'T' }],
  };
  const other = { ...pipeline, name: 'other', sinks: [] };
  const table = { name: 't', columns: [{ name: 'id' }] };
  expect(originsOf(table, [pipeline, other])).toEqual([
    { pipeline: 'load', stream: 'orders', connection: 'prod', place: undefined },
  ]);
});
