import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RejectionCode } from '../../event/rejected.ts';
import { Trial } from '../trial.conformance.ts';
import { declared, decodeAvro, recordOf, written } from './avro-trial.conformance.ts';

let trial: Trial;

beforeAll(async () => {
  trial = await Trial.open();
});

afterAll(async () => {
  await trial[Symbol.asyncDispose]();
});

/** Avro type, value, column type, and its cell or why there is none. */
type Case = readonly [type: unknown, value: unknown, column: string, outcome: unknown];

const code = (name: RejectionCode): { readonly code: RejectionCode } => ({ code: name });
const mismatch = code('type_mismatch');
const logical = (type: string, logicalType: string, more: object = {}): unknown => ({
  type,
  logicalType,
  ...more,
});
const fixed = (size: number, more: object = {}): unknown => ({
  type: 'fixed',
  name: 'f',
  size,
  ...more,
});
const decimal = logical('bytes', 'decimal', { precision: 10, scale: 2 });
const micros = logical('long', 'timestamp-micros');
const color = { type: 'enum', name: 'color', symbols: ['RED', 'GREEN'] };
const inner = {
  type: 'record',
  name: 'i',
  fields: [
    { name: 'a', type: 'int' },
    { name: 'b', type: 'bytes' },
  ],
};

const cases: readonly Case[] = [
  ['boolean', true, 'BOOLEAN', true],
  ['boolean', true, 'VARCHAR', mismatch],
  ['int', -1, 'BIGINT', '-1'],
  ['int', 2 ** 31 - 1, 'INTEGER', 2 ** 31 - 1],
  ['int', 300, 'TINYINT', code('out_of_range')],
  ['int', 5, 'VARCHAR', mismatch],
  ['int', 5, 'BLOB', mismatch],
  ['int', 5, 'DECIMAL(10,2)', '5.00'],
  ['long', 9_223_372_036_854_775_807n, 'BIGINT', '9223372036854775807'],
  ['long', -9_223_372_036_854_775_808n, 'BIGINT', '-9223372036854775808'],
  ['long', 9_007_199_254_740_993n, 'DOUBLE', code('inexact')],
  ['long', 2 ** 48, 'BIGINT', String(2 ** 48)],
  ['long', -(2 ** 48), 'BIGINT', String(-(2 ** 48))],
  ['float', 0.5, 'FLOAT', 0.5],
  ['float', 0.1, 'DOUBLE', 0.10000000149011612],
  ['double', 0.1, 'DOUBLE', 0.1],
  ['double', 5, 'DOUBLE', 5],
  ['double', 5, 'BIGINT', code('inexact')],
  ['double', -0, 'DOUBLE', -0],
  ['double', 1e300, 'DOUBLE', 1e300],
  ['double', NaN, 'DOUBLE', mismatch],
  ['double', NaN, 'VARCHAR', mismatch],
  ['double', 1.25, 'DECIMAL(10,2)', '1.25'],
  ['string', 'a"ü\n\0', 'VARCHAR', 'a"ü\n\0'],
  ['string', 'aGk=', 'BLOB', mismatch],
  ['string', '12', 'BIGINT', '12'],
  ['string', '2025-01-31T08:00:00Z', 'TIMESTAMP', '2025-01-31 08:00:00+00'],
  ['bytes', Buffer.from('hi'), 'BLOB', 'hi'],
  ['bytes', Buffer.from('hi'), 'VARCHAR', mismatch],
  ['bytes', Buffer.from('1day'), 'INTERVAL', mismatch],
  [fixed(2), Buffer.from('hi'), 'BLOB', 'hi'],
  [color, 'GREEN', 'VARCHAR', 'GREEN'],
  [color, 'RED', 'BLOB', mismatch],
  [decimal, Buffer.from('04d2', 'hex'), 'DECIMAL(10,2)', '12.34'],
  [decimal, Buffer.from('fb2e', 'hex'), 'DECIMAL(10,2)', '-12.34'],
  [decimal, Buffer.from('00', 'hex'), 'DECIMAL(10,2)', '0.00'],
  [decimal, Buffer.from('04d2', 'hex'), 'DECIMAL(10,1)', code('inexact')],
  [decimal, Buffer.from('04d2', 'hex'), 'DOUBLE', 12.34],
  [decimal, Buffer.from('04d2', 'hex'), 'VARCHAR', mismatch],
  [decimal, Buffer.from('04d2', 'hex'), 'JSON', '12.34'],
  [
    fixed(20, { logicalType: 'decimal', precision: 38, scale: 20 }),
    decimalBytes(20),
    'DECIMAL(38,20)',
    '0.12345678901234567891',
  ],
  [logical('int', 'date'), 20_119, 'DATE', '2025-01-31'],
  [logical('int', 'date'), -719_528, 'DATE', mismatch],
  [logical('int', 'date'), 20_119, 'INTEGER', mismatch],
  [logical('int', 'date'), 20_119, 'VARCHAR', mismatch],
  [logical('int', 'time-millis'), 3_600_001, 'TIME', '01:00:00.001'],
  [logical('long', 'time-micros'), 86_399_999_999, 'TIME', '23:59:59.999999'],
  [logical('long', 'time-micros'), 86_400_000_000, 'TIME', mismatch],
  [
    logical('long', 'timestamp-millis'),
    1_738_310_400_123,
    'TIMESTAMP',
    '2025-01-31 08:00:00.123+00',
  ],
  [micros, 1_738_310_400_123_456, 'TIMESTAMP', '2025-01-31 08:00:00.123456+00'],
  [micros, -1, 'TIMESTAMP', '1969-12-31 23:59:59.999999+00'],
  [micros, 9_223_372_036_854_775_807n, 'TIMESTAMP', mismatch],
  [micros, 0, 'BIGINT', mismatch],
  [micros, 0, 'VARCHAR', mismatch],
  [
    logical('long', 'timestamp-nanos'),
    1_738_310_400_123_456_000n,
    'TIMESTAMP',
    '2025-01-31 08:00:00.123456+00',
  ],
  [logical('long', 'timestamp-nanos'), 1_738_310_400_123_456_001n, 'TIMESTAMP', code('inexact')],
  [logical('long', 'timestamp-nanos'), -1000n, 'TIMESTAMP', '1969-12-31 23:59:59.999999+00'],
  [logical('long', 'local-timestamp-millis'), 0, 'TIMESTAMP', '1970-01-01 00:00:00+00'],
  [
    { type: 'long', 'connect.name': 'io.debezium.time.MicroTimestamp' },
    1,
    'TIMESTAMP',
    '1970-01-01 00:00:00.000001+00',
  ],
  [{ type: 'int', 'connect.name': 'io.debezium.time.Date' }, 1, 'DATE', '1970-01-02'],
  ['long', 0, 'TIMESTAMP', mismatch],
  [
    logical('string', 'uuid'),
    '687ed5c8-908d-467f-97e6-54bd83d9d170',
    'VARCHAR',
    '687ed5c8-908d-467f-97e6-54bd83d9d170',
  ],
  [
    fixed(16, { logicalType: 'uuid' }),
    Buffer.alloc(16, 0xab),
    'VARCHAR',
    'abababab-abab-abab-abab-abababababab',
  ],
  [
    fixed(12, { logicalType: 'duration' }),
    Buffer.from('01000000020000000c0b0000', 'hex'),
    'INTERVAL',
    { months: 1, days: 2, micros: '2828000' },
  ],
  [logical('string', 'decimal', { precision: 2 }), 'x', 'VARCHAR', 'x'],
  [['null', 'string'], null, 'VARCHAR', null],
  [['null', 'string'], { string: 'x' }, 'VARCHAR', 'x'],
  [['null', 'string', 'long'], { long: 5n }, 'BIGINT', '5'],
  [['null', 'string', 'long'], { long: 5n }, 'VARCHAR', mismatch],
  [['null', 'string', 'long'], { long: 5n }, 'JSON', '5'],
  [inner, { a: 1, b: Buffer.from('x') }, 'STRUCT(a INTEGER)', { a: 1 }],
  [inner, { a: 1, b: Buffer.from('x') }, 'STRUCT(b VARCHAR)', mismatch],
  [inner, { a: 1, b: Buffer.from('x') }, 'STRUCT(c VARCHAR)', { c: null }],
  [inner, { a: 1, b: Buffer.from('x') }, 'JSON', '{"a":1,"b":"eA=="}'],
  [inner, { a: 1, b: Buffer.from('x') }, 'VARCHAR', mismatch],
  [{ type: 'array', items: 'int' }, [1, 2], 'INTEGER[]', [1, 2]],
  [{ type: 'array', items: 'int' }, [], 'INTEGER[]', []],
  [
    { type: 'array', items: ['null', inner] },
    [null, { i: { a: 1, b: Buffer.alloc(0) } }],
    'STRUCT(a INTEGER)[]',
    [null, { a: 1 }],
  ],
  [{ type: 'map', values: 'bytes' }, { 'k"': Buffer.from('x') }, 'JSON', '{"k\\"":"eA=="}'],
  [{ type: 'map', values: 'long' }, { k: 5 }, 'STRUCT(k BIGINT)', { k: '5' }],
  [{ type: 'map', values: 'bytes' }, { k: Buffer.from('x') }, 'STRUCT(k VARCHAR)', mismatch],
  [{ type: 'map', values: 'long' }, {}, 'MAP(VARCHAR, BIGINT)', []],
  [
    { type: 'map', values: ['null', 'long'] },
    { 'k"ü': { long: 2n ** 62n }, '': null },
    'MAP(VARCHAR, BIGINT)',
    [
      { key: 'k"ü', value: String(2n ** 62n) },
      { key: '', value: null },
    ],
  ],
  [{ type: 'map', values: 'long' }, { k: 5 }, 'MAP(VARCHAR, VARCHAR)', mismatch],
  [{ type: 'map', values: 'long' }, { k: 500 }, 'MAP(VARCHAR, TINYINT)', code('out_of_range')],
  [{ type: 'map', values: 'bytes' }, { k: Buffer.from('x') }, 'MAP(VARCHAR, VARCHAR)', mismatch],
  [
    { type: 'map', values: 'bytes' },
    { k: Buffer.from('x') },
    'MAP(VARCHAR, BLOB)',
    [{ key: 'k', value: 'x' }],
  ],
  [
    { type: 'map', values: decimal },
    { k: Buffer.from('04d2', 'hex') },
    'MAP(VARCHAR, DECIMAL(10,2))',
    [{ key: 'k', value: '12.34' }],
  ],
  [
    { type: 'map', values: { type: 'map', values: inner } },
    { a: { b: { a: 1, b: Buffer.from('x') } } },
    'MAP(VARCHAR, MAP(VARCHAR, STRUCT(a INTEGER)))',
    [{ key: 'a', value: [{ key: 'b', value: { a: 1 } }] }],
  ],
  [
    { type: 'array', items: { type: 'map', values: 'string' } },
    [{ a: 'x' }, {}],
    'MAP(VARCHAR, VARCHAR)[]',
    [[{ key: 'a', value: 'x' }], []],
  ],
  [inner, { a: 1, b: Buffer.from('x') }, 'MAP(VARCHAR, INTEGER)', mismatch],
  [inner, { a: 1, b: Buffer.from('x') }, 'MAP(VARCHAR, VARCHAR)', mismatch],
  [{ type: 'array', items: 'int' }, [1], 'MAP(VARCHAR, INTEGER)', mismatch],
];

function decimalBytes(size: number): Buffer {
  return Buffer.from(12_345_678_901_234_567_891n.toString(16).padStart(size * 2, '0'), 'hex');
}

test.each(cases)('%j: %o in %s', async (type, value, column, outcome) => {
  const schema = recordOf(type);
  const bytes = written(schema, { v: value });
  const decoded = await decodeAvro(trial, [bytes], {
    format: declared(schema),
    fields: { v: column },
  });
  if (typeof outcome === 'object' && outcome !== null && 'code' in outcome) {
    expect(decoded.rejected.map((record) => record.code)).toEqual([outcome.code]);
    expect(Buffer.from(decoded.rejected[0]?.raw ?? '').equals(bytes)).toBe(true);
    return;
  }
  expect(decoded.rejected).toEqual([]);
  expect(decoded.rows).toEqual([{ v: outcome }]);
  if (typeof decoded.fast !== 'string') expect(decoded.fast).toEqual(decoded.rows);
});
