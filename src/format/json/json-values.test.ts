import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RejectionCode } from '../../event/rejected.ts';
import type { RecordFormat } from '../../sql/script.ts';
import { createDecoder } from '../create-decoder.ts';
import { tableOf, Trial, typedJson } from '../trial.conformance.ts';
import {
  type Case,
  decimals,
  floats,
  inexact,
  integers,
  malformed,
  mismatch,
  outOfRange,
  tooDeep,
} from './number-values.conformance.ts';

let trial: Trial;

beforeAll(async () => {
  trial = await Trial.open();
});

afterAll(async () => {
  await trial[Symbol.asyncDispose]();
});

const booleans: readonly Case[] = [
  ['BOOLEAN', 'true', true],
  ['BOOLEAN', 'false', false],
  ['BOOLEAN', 'null', null],
  ['BOOLEAN', '"true"', mismatch],
  ['BOOLEAN', '1', mismatch],
  ['BOOLEAN', '0', mismatch],
  ['BOOLEAN', '[true]', mismatch],
  ['BOOLEAN', '{}', mismatch],
  ['BOOLEAN', '""', mismatch],
];

const texts: readonly Case[] = [
  ['VARCHAR', '"x"', 'x'],
  ['VARCHAR', '""', ''],
  ['VARCHAR', '"12"', '12'],
  ['VARCHAR', '"-1.5e+3"', '-1.5e+3'],
  ['VARCHAR', '"true"', 'true'],
  ['VARCHAR', '"null"', 'null'],
  ['VARCHAR', '"NaN"', 'NaN'],
  ['VARCHAR', '"[1]"', '[1]'],
  ['VARCHAR', '"{}"', '{}'],
  ['VARCHAR', '"[\\n1]"', '[\n1]'],
  ['VARCHAR', '"é\\u00e9\\n\\"\\\\\\/"', 'éé\n"\\/'],
  ['VARCHAR', '"\\ud83d\\ude00"', '😀'],
  ['VARCHAR', '"a\\u0000b"', 'a\0b'],
  ['VARCHAR', '"it\'s"', "it's"],
  ['VARCHAR', '"helios:bad_record"', 'helios:bad_record'],
  ['VARCHAR', 'null', null],
  ['VARCHAR', '12', mismatch],
  ['VARCHAR', '1.5', mismatch],
  ['VARCHAR', '1e16', mismatch],
  ['VARCHAR', '123456789012345678901234567890123', mismatch],
  ['VARCHAR', '1234567890123456789012345678901e400', mismatch],
  ['VARCHAR', '"123456789012345678901234567890123"', '123456789012345678901234567890123'],
  ['VARCHAR', '"127.0.0.1"', '127.0.0.1'],
  ['VARCHAR', '1e400', mismatch],
  ['VARCHAR', 'true', mismatch],
  ['VARCHAR', 'false', mismatch],
  ['VARCHAR', '[]', mismatch],
  ['VARCHAR', '{"a":"b"}', mismatch],
  ['VARCHAR', '"\\ud800"', malformed],
  ['VARCHAR', '"\\udc00"', malformed],
  ['VARCHAR', '"\\x"', malformed],
  ['VARCHAR', '"a\tb"', malformed],
  ['VARCHAR', "'x'", malformed],
  ['VARCHAR', 'x', malformed],
];

const jsons: readonly Case[] = [
  ['JSON', '{"a":1}', '{"a":1}'],
  ['JSON', '[1,2.50]', '[1,2.5]'],
  ['JSON', '1', '1'],
  ['JSON', '"x"', '"x"'],
  ['JSON', 'true', 'true'],
  ['JSON', 'null', null],
  ['JSON', '{"a":null}', '{"a":null}'],
  ['JSON', '0.1000000000000000055', '0.1000000000000000055'],
  ['JSON', '{"a":[12345678901234567.89]}', '{"a":[12345678901234567.89]}'],
  ['JSON', '123456789012345678901234567890', '123456789012345678901234567890'],
  ['JSON', '52.520006599999996', '52.520006599999996'],
  ['JSON', '[0.30000000000000004, 1]', '[0.30000000000000004,1]'],
  ['JSON', '1e400', '1e400'],
  ['JSON', '[1e-400]', '[1e-400]'],
  ['JSON', '{"a":4.9406564584124654e-324}', '{"a":4.9406564584124654e-324}'],
  ['JSON', '[0,1.2345678e-320]', '[0,1.2345678e-320]'],
  ['JSON', '1e-5', '0.00001'],
  ['JSON', '100000000000000000000.5', '100000000000000000000.5'],
  ['JSON', '{"a":"1.0000000000000000001"}', '{"a":"1.0000000000000000001"}'],
  ['JSON', '12345678901234567890123e-2', '12345678901234567890123e-2'],
  [
    'JSON',
    '"12345678901234567.89 0.1000000000000000055"',
    '"12345678901234567.89 0.1000000000000000055"',
  ],
  ['JSON', 'NaN', malformed],
  ['JSON', '[1,Infinity]', malformed],
  ['JSON', '{"a":-Infinity}', malformed],
  ['JSON', '{"a":"x,NaN"}', '{"a":"x,NaN"}'],
  ['JSON', `${'['.repeat(127)}${']'.repeat(127)}`, `${'['.repeat(127)}${']'.repeat(127)}`],
  ['JSON', `${'['.repeat(128)}${']'.repeat(128)}`, tooDeep],
  ['JSON', `${'{"a":['.repeat(5000)}${']}'.repeat(5000)}`, tooDeep],
  ['JSON', `[${'["]",'.repeat(500)}1${']'.repeat(500)}]`, tooDeep],
  ['JSON', `[${'{"a":[1]},'.repeat(500)}1]`, `[${'{"a":[1]},'.repeat(500)}1]`],
];

const times: readonly Case[] = [
  ['TIMESTAMP', '"2024-01-01T00:00:00Z"', '2024-01-01 00:00:00+00'],
  ['TIMESTAMP', '"2024-01-01t00:00:00z"', '2024-01-01 00:00:00+00'],
  ['TIMESTAMP', '"2024-01-01 00:00:00"', '2024-01-01 00:00:00+00'],
  ['TIMESTAMP', '"2024-01-01T00:00:00"', '2024-01-01 00:00:00+00'],
  ['TIMESTAMP', '"2024-01-01T00:00:00+02:00"', '2023-12-31 22:00:00+00'],
  ['TIMESTAMP', '"2024-01-01T00:00:00-00:30"', '2024-01-01 00:30:00+00'],
  ['TIMESTAMP', '"2024-01-01T00:00:00.5Z"', '2024-01-01 00:00:00.5+00'],
  ['TIMESTAMP', '"2024-01-01T00:00:00.123Z"', '2024-01-01 00:00:00.123+00'],
  ['TIMESTAMP', '"2024-01-01T00:00:00.123456Z"', '2024-01-01 00:00:00.123456+00'],
  ['TIMESTAMP', '"2024-01-01T00:00:00.123456000Z"', '2024-01-01 00:00:00.123456+00'],
  ['TIMESTAMP', '"2024-01-01T00:00:00.123456000+01:00"', '2023-12-31 23:00:00.123456+00'],
  ['TIMESTAMP', '"2024-01-01T00:00:00.1234567Z"', inexact],
  ['TIMESTAMP', '"2024-01-01T00:00:00.123456001"', inexact],
  ['TIMESTAMP', '"2024-02-29T00:00:00Z"', '2024-02-29 00:00:00+00'],
  ['TIMESTAMP', '"2024-02-30T00:00:00Z"', outOfRange],
  ['TIMESTAMP', '"2024-13-01T00:00:00Z"', outOfRange],
  ['TIMESTAMP', '"0000-00-00T00:00:00Z"', outOfRange],
  ['TIMESTAMP', '"2024-01-01T25:00:00Z"', outOfRange],
  ['TIMESTAMP', '"9999-12-31T23:59:59Z"', '9999-12-31 23:59:59+00'],
  ['TIMESTAMP', '"2024-01-01"', mismatch],
  ['TIMESTAMP', '"2024-01-01T00:00Z"', mismatch],
  ['TIMESTAMP', '"2024-1-1T0:00:00Z"', mismatch],
  ['TIMESTAMP', '" 2024-01-01T00:00:00Z"', mismatch],
  ['TIMESTAMP', '"2024-01-01T00:00:00 Europe/Berlin"', mismatch],
  ['TIMESTAMP', '"2024-01-01T00:00:00+24:00"', mismatch],
  ['TIMESTAMP', '"2024-01-01T00:00:00-00:60"', mismatch],
  ['TIMESTAMP', '"infinity"', mismatch],
  ['TIMESTAMP', '"epoch"', mismatch],
  ['TIMESTAMP', '"now"', mismatch],
  ['TIMESTAMP', '"yesterday"', mismatch],
  ['TIMESTAMP', '1704067200000', mismatch],
  ['TIMESTAMP', '{}', mismatch],
  ['TIMESTAMP', 'null', null],
  ['DATE', '"2024-02-29"', '2024-02-29'],
  ['DATE', '"2024-02-30"', outOfRange],
  ['DATE', '"0000-00-00"', outOfRange],
  ['DATE', '"2024-1-1"', mismatch],
  ['DATE', '"2024-01-01T00:00:00Z"', mismatch],
  ['DATE', '20240101', mismatch],
  ['TIME', '"12:34:56"', '12:34:56'],
  ['TIME', '"12:34"', '12:34:00'],
  ['TIME', '"12:34:56.123456"', '12:34:56.123456'],
  ['TIME', '"12:34:56.1234567"', inexact],
  ['TIME', '"25:00:00"', outOfRange],
  ['TIME', '"noon"', mismatch],
  ['INTERVAL', '"P1DT2H"', { months: 0, days: 1, micros: '7200000000' }],
  ['INTERVAL', '"P1Y2M3DT4H5M6.5S"', { months: 14, days: 3, micros: '14706500000' }],
  ['INTERVAL', '"PT-5M"', { months: 0, days: 0, micros: '-300000000' }],
  ['INTERVAL', '"1 day 2 hours"', { months: 0, days: 1, micros: '7200000000' }],
  ['INTERVAL', '"00:00:01"', { months: 0, days: 0, micros: '1000000' }],
  ['INTERVAL', '"5"', mismatch],
  ['INTERVAL', '5', mismatch],
  ['INTERVAL', '1e21', mismatch],
  ['INTERVAL', '"P"', mismatch],
  ['INTERVAL', '"soon"', mismatch],
];

const bytes: readonly Case[] = [
  ['BLOB', '"aGk="', 'hi'],
  ['BLOB', '""', ''],
  ['BLOB', '"\\/+8="', '\\xFF\\xEF'],
  ['BLOB', '"1234"', '\\xD7m\\xF8'],
  ['BLOB', '1234', mismatch],
  ['BLOB', 'true', mismatch],
  ['BLOB', '"not base64!"', mismatch],
  ['BLOB', '"aGk"', mismatch],
];

const nested: readonly Case[] = [
  ['BIGINT[]', '[1,"2",null]', ['1', '2', null]],
  ['BIGINT[]', '[]', []],
  ['BIGINT[]', 'null', null],
  ['BIGINT[]', '[1.5]', inexact],
  ['BIGINT[]', '["x"]', mismatch],
  ['BIGINT[]', '1', mismatch],
  ['BIGINT[]', '{"a":1}', mismatch],
  ['BIGINT[]', '"[1]"', mismatch],
  ['VARCHAR[]', '["a","1"]', ['a', '1']],
  ['VARCHAR[]', '["a",1]', mismatch],
  ['VARCHAR[]', '["null"]', ['null']],
  ['BIGINT[][]', '[[1],[],null,[2,3]]', [['1'], [], null, ['2', '3']]],
  ['BIGINT[][]', '[[1],["x"]]', mismatch],
  [
    'DECIMAL(38,10)[]',
    '[12345678901234567.89,1e-5]',
    ['12345678901234567.8900000000', '0.0000100000'],
  ],
  ['DECIMAL(10,2)[]', '[1.000000000000000000001]', inexact],
  ['STRUCT(a BIGINT, b VARCHAR)', '{"a":1,"b":"x","c":2}', { a: '1', b: 'x' }],
  ['STRUCT(a BIGINT, b VARCHAR)', '{"a":null}', { a: null, b: null }],
  ['STRUCT(a BIGINT, b VARCHAR)', '{}', { a: null, b: null }],
  ['STRUCT(a BIGINT, b VARCHAR)', 'null', null],
  ['STRUCT(a BIGINT, b VARCHAR)', '{"b":1}', mismatch],
  ['STRUCT(a BIGINT, b VARCHAR)', '{"a":99999999999999999999}', outOfRange],
  ['STRUCT(a BIGINT, b VARCHAR)', '[]', mismatch],
  ['STRUCT(a BIGINT, b VARCHAR)', '5', mismatch],
  [
    'STRUCT("a/b~c" BIGINT, "x""y" VARCHAR)',
    '{"a/b~c":1,"x\\"y":"z"}',
    { 'a/b~c': '1', 'x"y': 'z' },
  ],
  ['STRUCT(a STRUCT(b JSON[]))', '{"a":{"b":[1.5,{"c":[]}]}}', { a: { b: ['1.5', '{"c":[]}'] } }],
  ['STRUCT(a BIGINT[])[]', '[{"a":[1]},null,{}]', [{ a: ['1'] }, null, { a: null }]],
  ['STRUCT(a TIMESTAMP)', '{"a":"2024-01-01T00:00:00+02:00"}', { a: '2023-12-31 22:00:00+00' }],
];

const millis: RecordFormat = { ...typedJson, timestampFormat: 'unix_millis' };

const epochTimes: readonly Case[] = [
  ['TIMESTAMP', '1704067200123', '2024-01-01 00:00:00.123+00'],
  ['TIMESTAMP', '0', '1970-01-01 00:00:00+00'],
  ['TIMESTAMP', '-1', '1969-12-31 23:59:59.999+00'],
  ['TIMESTAMP', '253402300799999', '9999-12-31 23:59:59.999+00'],
  ['TIMESTAMP', '253402300800000', outOfRange],
  ['TIMESTAMP', '99999999999999999999', outOfRange],
  ['TIMESTAMP', '1.5', inexact],
  ['TIMESTAMP', '"1704067200123"', mismatch],
  ['TIMESTAMP', '"2024-01-01T00:00:00Z"', mismatch],
  ['TIMESTAMP', 'true', mismatch],
  ['TIMESTAMP', 'null', null],
];

const all = [
  ...booleans,
  ...integers,
  ...floats,
  ...decimals,
  ...texts,
  ...jsons,
  ...times,
  ...bytes,
  ...nested,
];

describe('a value in a column', () => {
  test.each(all)('%s of %s', async (type, json, outcome) => {
    await expectOutcome(typedJson, type, json, outcome);
  });

  test.each(epochTimes)('%s of %s, in milliseconds', async (type, json, outcome) => {
    await expectOutcome(millis, type, json, outcome);
  });
});

async function expectOutcome(
  format: RecordFormat,
  type: string,
  json: string,
  outcome: Case[2],
): Promise<void> {
  const table = tableOf({ before: 'BIGINT', v: type, after: 'VARCHAR' }, { format });
  const decoder = createDecoder(table);
  const line = `{"before":1,"v":${json},"after":"x"}`;
  const other = '{"before":2,"after":"y"}';
  const isOther = !type.endsWith('NOT NULL');
  const text = isOther ? `${other}\n${line}\n${other}\n` : `${line}\n`;
  const decoded = await trial.decode(decoder, text);
  const rows = isOther ? decoded.rows.slice(1, -1) : decoded.rows;
  if (isCode(outcome)) {
    expect(decoded.fast).toBeTypeOf('string');
    expect(decoded.rejected).toMatchObject([
      { code: outcome.code, position: isOther ? '25' : '0' },
    ]);
    expect(Buffer.from(decoded.rejected[0]?.raw ?? '').toString()).toBe(line);
    expect(rows).toEqual([]);
    return;
  }
  expect(decoded.rejected).toEqual([]);
  expect(rows).toEqual([{ before: '1', v: outcome, after: 'x' }]);
  // Read as a new table, it may fail only where another way to read is worth a try.
  const fresh = createDecoder(table);
  const freshBatch = await trial.batch(text);
  const first = await trial.adapted(fresh, freshBatch);
  if (typeof first !== 'string') expect(first).toEqual(decoded.rows);
  // The decoder has learned what it needs to; what it still leaves to the slow path is equal.
  const batch = await trial.batch(text);
  const again = await trial.fast(decoder, batch);
  if (typeof again !== 'string') expect(again).toEqual(decoded.rows);
}

function isCode(outcome: Case[2]): outcome is { readonly code: RejectionCode } {
  return typeof outcome === 'object' && outcome !== null && 'code' in outcome;
}
