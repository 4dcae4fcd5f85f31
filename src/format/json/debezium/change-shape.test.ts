import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RejectionCode } from '../../../event/rejected.ts';
import type { RecordFormat } from '../../../sql/script.ts';
import {
  decodeBatch,
  type DecodedBatch,
  enveloped,
  envelopeBatch,
  topicTable,
} from '../../envelope-trial.conformance.ts';
import { tableOf, Trial } from '../../trial.conformance.ts';

let trial: Trial;

beforeAll(async () => {
  trial = await Trial.open();
});

afterAll(async () => {
  await trial[Symbol.asyncDispose]();
});

type Debezium = Extract<RecordFormat, { readonly kind: 'debezium_json' }>;
type Columns = Readonly<Record<string, string>>;

const plain: Debezium = {
  kind: 'debezium_json',
  timestampFormat: 'unix_millis',
  decimalEncoding: 'bytes',
  usesRegistry: false,
};

const changeColumns = {
  op: 'VARCHAR FROM op',
  at: 'TIMESTAMP FROM ts_ms',
  was: 'JSON FROM before',
  source: 'JSON FROM source',
  tx: 'JSON FROM transaction',
  topic: 'VARCHAR FROM topic',
};

async function decode(
  changes: readonly (string | null)[],
  { format = plain, fields, metadata = {} }: Partial<Tables> & { readonly fields: Columns },
): Promise<DecodedBatch> {
  const envelopes = changes.map((change) => enveloped(change, { topic: 't' }));
  const table = topicTable(fields, format, metadata);
  return await decodeBatch(trial, table, await envelopeBatch(trial, envelopes));
}

type Tables = { readonly format: Debezium; readonly fields: Columns; readonly metadata: Columns };

const inserted = '{"op":"c","before":null,"after":{"id":1,"name":"a"},"ts_ms":1700000000123}';
const snapshot =
  '{"op":"r","after":{"id":2,"name":"b"},"source":{"db":"x","lsn":12345678901234567890}}';
const updated =
  '{"op":"u","before":{"id":1,"name":"a","price":0.1234567890123456789},"after":{"id":1,"name":"c"}}';
const deleted = '{"op":"d","before":{"id":2,"name":"b"},"after":null,"transaction":{"id":"7"}}';
const idAndName = { id: 'BIGINT', name: 'VARCHAR' };

test('a change stream is kept whole where the table keeps the kind of change', async () => {
  const decoded = await decode([inserted, snapshot, updated, deleted, null], {
    fields: idAndName,
    metadata: changeColumns,
  });
  const nothing = { at: null, was: null, source: null, tx: null, topic: 't' };
  expect(decoded.rows).toEqual([
    { ...nothing, id: '1', name: 'a', op: 'c', at: '2023-11-14 22:13:20.123+00' },
    { ...nothing, id: '2', name: 'b', op: 'r', source: '{"db":"x","lsn":12345678901234567890}' },
    {
      ...nothing,
      id: '1',
      name: 'c',
      op: 'u',
      was: '{"id":1,"name":"a","price":0.1234567890123456789}',
    },
    { ...nothing, id: '2', name: 'b', op: 'd', was: '{"id":2,"name":"b"}', tx: '{"id":"7"}' },
  ]);
  expect(decoded.rejected).toEqual([]);
  expect(decoded.raw[3]).toBe(deleted);
});

test('a table without the kind of change takes inserts and rejects the rest', async () => {
  const decoded = await decode([inserted, updated, snapshot, deleted, null], { fields: idAndName });
  expect(decoded.rows).toEqual([
    { id: '1', name: 'a' },
    { id: '2', name: 'b' },
  ]);
  expect(decoded.rejected.map(({ code, position }) => [code, position])).toEqual([
    ['not_an_insert', '1'],
    ['not_an_insert', '3'],
  ]);
  expect(decoded.rejected[0]?.message).toContain("op TEXT METADATA FROM 'op'");
  const clean = await decode([inserted, null, snapshot], { fields: idAndName });
  expect(clean.fast).toEqual(decoded.rows);
});

test.each<readonly [string, RejectionCode, string]>([
  ['{"id":1}', 'not_a_change', 'it has no "op"'],
  ['{"op":null,"after":{"id":1}}', 'not_a_change', 'it has no "op"'],
  ['{"op":"t","source":{}}', 'not_a_change', 'its "op" is "t", not c, r, u or d'],
  ['{"op":5,"after":{"id":1}}', 'not_a_change', 'its "op" is 5'],
  ['{"op":"c","after":null}', 'not_a_change', 'its "after" holds no row'],
  ['{"op":"c","after":[1]}', 'not_a_change', 'its "after" holds no row'],
  ['{"op":"d","before":null}', 'not_a_change', 'its "before" holds no row'],
  ['{"payload":{"op":"x"},"schema":{}}', 'not_a_change', 'its "op" is "x"'],
  ['{"payload":null,"schema":{}}', 'not_a_change', 'it has no "op"'],
  ['[]', 'not_an_object', 'an array'],
  ['{"op":"c",', 'malformed_json', ''],
  ['{"op":"c","after":{"id":"x"}}', 'type_mismatch', 'Column "id": "x" is no BIGINT.'],
  ['{"op":"c","after":{"name":"x"}}', 'missing_field', 'Column "id" is NOT NULL'],
])('%s is rejected', async (change, code, message) => {
  const fields = { id: 'BIGINT NOT NULL' };
  const decoded = await decode([change], { fields, metadata: { op: 'VARCHAR FROM op' } });
  expect(decoded.fast).toBeTypeOf('string');
  expect(decoded.rejected.map((record) => record.code)).toEqual([code]);
  expect(decoded.rejected[0]?.message).toContain(message);
});

test('change events come as lines too, and inside of payload', async () => {
  const table = tableOf(idAndName, { format: plain });
  const wrapped = `{"schema":{"fields":[]},"payload":${inserted}}`;
  const decoded = await trial.decode(table, `${wrapped}\n${snapshot}\n`);
  expect(decoded.fast).toEqual(decoded.rows);
  expect(decoded.rows).toEqual([
    { id: '1', name: 'a' },
    { id: '2', name: 'b' },
  ]);
});

/** Type, format, value in `after`, and the column's cell or why there is none. */
type Case = readonly [string, Partial<Debezium>, string, string | { readonly code: RejectionCode }];

const micros = { timestampFormat: 'unix_micros' } as const;
const nanos = { timestampFormat: 'unix_nanos' } as const;
const text = { timestampFormat: 'rfc3339' } as const;
const mismatch = { code: 'type_mismatch' } as const;
const inexact = { code: 'inexact' } as const;

const cases: readonly Case[] = [
  ['TIMESTAMP', {}, '1700000000123', '2023-11-14 22:13:20.123+00'],
  ['TIMESTAMP', micros, '1700000000123456', '2023-11-14 22:13:20.123456+00'],
  ['TIMESTAMP', micros, '-1', '1969-12-31 23:59:59.999999+00'],
  ['TIMESTAMP', nanos, '1700000000123456000', '2023-11-14 22:13:20.123456+00'],
  ['TIMESTAMP', nanos, '-1000', '1969-12-31 23:59:59.999999+00'],
  ['TIMESTAMP', nanos, '1700000000123456789', inexact],
  ['TIMESTAMP', text, '1700000000123', mismatch],
  ['TIMESTAMP', {}, '"2023-11-14T22:13:20Z"', '2023-11-14 22:13:20+00'],
  ['TIMESTAMP', {}, '1.5', mismatch],
  ['TIMESTAMP', {}, '99999999999999999999', mismatch],
  ['TIMESTAMP', {}, '9223372036854775807', mismatch],
  ['DATE', {}, '19675', '2023-11-14'],
  ['DATE', {}, '-1', '1969-12-31'],
  ['DATE', {}, '"2023-11-14"', '2023-11-14'],
  ['DATE', {}, '99999999999', mismatch],
  ['TIME', {}, '3600001', '01:00:00.001'],
  ['TIME', micros, '3600000001', '01:00:00.000001'],
  ['TIME', nanos, '3600000000001', inexact],
  ['TIME', {}, '86400000', mismatch],
  ['TIME', {}, '-1', mismatch],
  ['DECIMAL(10,2)', {}, '"BNI="', '12.34'],
  ['DECIMAL(10,2)', {}, '"+y4="', '-12.34'],
  ['DECIMAL(10,2)', {}, '"/w=="', '-0.01'],
  ['DECIMAL(10,2)', {}, '"AA=="', '0.00'],
  ['DECIMAL(10,0)', {}, '"gA=="', '-128'],
  ['DECIMAL(38,0)', {}, '"Sz9PdA=="', '1262440308'],
  ['DECIMAL(38,2)', {}, '"SztMqFqGxHoJiiI//////w=="', '999999999999999999999999999999999999.99'],
  ['DECIMAL(4,2)', {}, '"AMNQ"', { code: 'out_of_range' }],
  ['DECIMAL(10,2)', {}, '""', mismatch],
  ['DECIMAL(10,2)', {}, '"no base64"', mismatch],
  ['DECIMAL(10,2)', {}, '"AQAAAAAAAAAAAAAAAAAAAAA="', mismatch],
  ['DECIMAL(10,2)', {}, '12.34', '12.34'],
  ['DECIMAL(30,20)', {}, '0.12345678901234567891', '0.12345678901234567891'],
  ['DECIMAL(10,2)', {}, '{"scale":1,"value":"BNI="}', '123.40'],
  ['DECIMAL(10,2)', {}, '{"scale":3,"value":"BNI="}', inexact],
  ['DECIMAL(10,2)', {}, '{"scale":-2,"value":"BNI="}', '123400.00'],
  ['DECIMAL(10,2)', { decimalEncoding: 'string' }, '"12.34"', '12.34'],
  ['DECIMAL(10,2)', { decimalEncoding: 'string' }, '"BNI="', mismatch],
  ['DECIMAL(10,2)', { decimalEncoding: 'number' }, '12.34', '12.34'],
  ['DECIMAL(10,2)', { decimalEncoding: 'number' }, '"1234"', mismatch],
  [
    'DECIMAL(30,20)',
    { decimalEncoding: 'number' },
    '0.12345678901234567891',
    '0.12345678901234567891',
  ],
  ['DOUBLE', {}, '12.34', '12.34'],
  ['BIGINT', {}, '1700000000123', '1700000000123'],
];

describe('values of Kafka Connect', () => {
  test.each(cases)('%s with %o takes %s', async (type, options, json, outcome) => {
    const format = { ...plain, ...options };
    const change = `{"op":"c","after":{"v":${json}}}`;
    const decoded = await decode([change], { format, fields: { v: type } });
    if (typeof outcome === 'string') {
      expect(decoded.rejected).toEqual([]);
      expect(decoded.rows.map(({ v }) => String(v))).toEqual([outcome]);
      if (typeof decoded.fast !== 'string') expect(decoded.fast).toEqual(decoded.rows);
    } else {
      expect(decoded.rejected.map(({ code }) => code)).toEqual([outcome.code]);
      expect(decoded.fast).toBeTypeOf('string');
    }
  });
});

test('a schema beside the change says what numbers and bytes mean', async () => {
  const image = (field: string): unknown => ({
    field,
    type: 'struct',
    fields: [
      { field: 'a', type: 'int64', name: 'io.debezium.time.MicroTimestamp' },
      { field: 'b', type: 'int64', name: 'io.debezium.time.NanoTimestamp' },
      { field: 'c', type: 'int64', name: 'org.apache.kafka.connect.data.Timestamp' },
      {
        field: 'd',
        type: 'bytes',
        name: 'org.apache.kafka.connect.data.Decimal',
        parameters: { scale: '3' },
      },
      { field: 'e', type: 'int64', name: 'io.debezium.time.MicroTime' },
      { field: 'f', type: 'int64' },
    ],
  });
  const schema = { type: 'struct', fields: [image('before'), image('after'), { field: 'op' }] };
  const after = {
    a: 1_700_000_000_123_456,
    b: 1_700_000_000_000_001_000,
    c: 1,
    d: 'BNI=',
    e: 1,
    f: 2,
  };
  const change = JSON.stringify({ schema, payload: { op: 'c', after } });
  const fields = {
    a: 'TIMESTAMP',
    b: 'TIMESTAMP',
    c: 'TIMESTAMP',
    d: 'DECIMAL(10,4)',
    e: 'TIME',
    f: 'TIMESTAMP',
  };
  const decoded = await decode([change], { fields });
  expect(decoded.rows).toEqual([
    {
      a: '2023-11-14 22:13:20.123456+00',
      b: '2023-11-14 22:13:20.000001+00',
      c: '1970-01-01 00:00:00.001+00',
      d: '1.2340',
      e: '00:00:00.000001',
      f: '1970-01-01 00:00:00.002+00',
    },
  ]);
  expect(decoded.fast).toEqual(decoded.rows);
});
