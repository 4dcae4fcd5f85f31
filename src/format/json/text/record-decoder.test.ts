import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Envelope } from '../../../event/record.ts';
import type { RecordFormat } from '../../../sql/script.ts';
import { createDecoder } from '../../create-decoder.ts';
import {
  decodeBatch,
  type DecodedBatch,
  enveloped,
  envelopeBatch,
  topicTable,
} from '../../envelope-trial.conformance.ts';
import { tableOf, Trial, typedJson } from '../../trial.conformance.ts';

let trial: Trial;

beforeAll(async () => {
  trial = await Trial.open();
});

afterAll(async () => {
  await trial[Symbol.asyncDispose]();
});

type Columns = Readonly<Record<string, string>>;

async function decode(
  envelopes: readonly Envelope[],
  format: RecordFormat,
  { fields = { id: 'BIGINT', name: 'VARCHAR' }, metadata = {} }: Partial<Tables> = {},
): Promise<DecodedBatch> {
  const table = topicTable(fields, format, metadata);
  return await decodeBatch(trial, table, await envelopeBatch(trial, envelopes));
}

type Tables = { readonly fields: Columns; readonly metadata: Columns };

const framedJson: RecordFormat = { ...typedJson, usesRegistry: true };
const connectJson: RecordFormat = { ...typedJson, includesSchema: true };
const wholeJson: RecordFormat = { ...typedJson, isUnstructured: true };
const topic = { topic: 't' };
const withTopic = { metadata: { topic: 'VARCHAR FROM topic' } };

const codesOf = (decoded: DecodedBatch): readonly string[] =>
  decoded.rejected.map(({ code }) => code);

test('metadata stands beside the fields, exactly', async () => {
  const key = Buffer.from('k-ü').toString('base64');
  const decoded = await decode(
    [
      enveloped('{"id":1,\n"name":"x"}', {
        offset_id: 9_007_199_254_740_993n,
        partition: 3,
        topic: 'orders',
        timestamp: 1_738_310_400_123,
        key,
        headers: { trace: 'a', bytes: '/w==' },
      }),
      enveloped('{"id":2}', {}),
    ],
    typedJson,
    {
      metadata: {
        o: 'BIGINT FROM offset_id',
        p: 'INTEGER FROM partition',
        t: 'VARCHAR FROM topic',
        ms: 'BIGINT FROM timestamp',
        at: 'TIMESTAMP FROM timestamp',
        bytes: 'BLOB FROM key',
        text: 'VARCHAR FROM key',
        h: 'JSON FROM headers',
      },
    },
  );
  expect(decoded.rows[0]).toEqual({
    id: '1',
    name: 'x',
    o: '9007199254740993',
    p: 3,
    t: 'orders',
    ms: '1738310400123',
    at: '2025-01-31 08:00:00.123+00',
    bytes: String.raw`k-\xC3\xBC`,
    text: 'k-ü',
    h: '{"trace":"a","bytes":"/w=="}',
  });
  expect(Object.values(decoded.rows[1] ?? {}).filter((cell) => cell !== null)).toEqual(['2']);
  expect(decoded.fast).toEqual(decoded.rows);
  expect(decoded.raw).toEqual(['{"id":1,\n"name":"x"}', '{"id":2}']);
});

test('times of metadata are instants whatever times of the format are', async () => {
  const format: RecordFormat = { ...typedJson, timestampFormat: 'unix_millis' };
  const fields = { at: 'TIMESTAMP' };
  const metadata = { seen: 'TIMESTAMP FROM timestamp' };
  const decoded = await decode([enveloped('{"at":0}', { timestamp: 1 })], format, {
    fields,
    metadata,
  });
  const row = { at: '1970-01-01 00:00:00+00', seen: '1970-01-01 00:00:00.001+00' };
  expect(decoded.fast).toEqual([row]);
  expect(decoded.rows).toEqual([row]);
});

test.each(['rfc3339', 'unix_millis'] as const)(
  'a time of metadata that is none rejects its record alone, with times of the format in %s',
  async (timestampFormat) => {
    const format: RecordFormat = { ...typedJson, timestampFormat };
    const times = [0, 253_402_300_799_999, 253_402_300_800_000, 2n ** 53n, 2n ** 63n - 1n, null];
    const envelopes = times.map((timestamp, id) => enveloped(`{"id":${id}}`, { timestamp }));
    const decoded = await decode(envelopes, format, {
      fields: { id: 'BIGINT' },
      metadata: { at: 'TIMESTAMP FROM timestamp' },
    });
    expect(decoded.rows).toEqual([
      { id: '0', at: '1970-01-01 00:00:00+00' },
      { id: '1', at: '9999-12-31 23:59:59.999+00' },
      { id: '5', at: null },
    ]);
    expect(decoded.rejected.map(({ position }) => position)).toEqual(['2', '3', '4']);
    expect(decoded.rejected[2]?.message).toContain('9223372036854775807');
    const whole = await decode(envelopes, format, {
      fields: { id: 'BIGINT' },
      metadata: { ms: 'BIGINT FROM timestamp' },
    });
    expect(whole.rejected).toEqual([]);
    expect(whole.rows.map(({ ms }) => ms).slice(3)).toEqual([
      '9007199254740992',
      '9223372036854775807',
      null,
    ]);
  },
);

test('metadata that does not fit its column rejects the record', async () => {
  const bad = enveloped('{"id":1}', { key: '/w==' });
  const none = enveloped('{"id":2}', {});
  const good = enveloped('{"id":3}', { key: 'aw==' });
  const metadata = { k: 'VARCHAR NOT NULL FROM key' };
  const decoded = await decode([bad, none, good], typedJson, { metadata });
  expect(decoded.rows).toEqual([{ id: '3', name: null, k: 'k' }]);
  expect(codesOf(decoded)).toEqual(['type_mismatch', 'missing_field']);
  expect(decoded.rejected[0]?.message).toBe('Column "k": {"bytes":"/w=="} is no TEXT.');
  expect(decoded.rejected.map(({ position }) => position)).toEqual(['0', '1']);
});

/** Texts of one line, each as it is in a file of lines and as it is in an envelope. */
const texts: readonly (string | Buffer)[] = [
  '{"id":1,"name":"ok"}',
  '  {"id":1,"name":"ok"}\t\r',
  '{"id":1,\r"name":"ok"}',
  '{"id":1,"name":"x",}',
  String.raw`{"id":1,"name":"a\u0000b"}`,
  '{"id":1,"name":"a\0b"}',
  '{"id":1}{"id":2}',
  '{"id":1} x',
  '{"id":1,"na',
  '{"id":1 /* one */}',
  '[{"id":1}]',
  'null',
  '5',
  '"x"',
  '-',
  '{"id":NaN}',
  '{"id":1,"name":12}',
  '{"id":1,"name":"12"}',
  '{"id":1.0}',
  '{"id":9223372036854775808}',
  '{"id":1,"id":2}',
  '{}',
  '\ufeff{"id":1}',
  String.raw`{"name":"\ud800"}`,
  `{"id":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
  Buffer.from('{"id":1,"name":"\xff"}', 'latin1'),
  Buffer.from([0x1f, 0x8b, 8, 0]),
];

const lineEnd = Buffer.from('\n');

test.each(texts)('%s is the same in an envelope as it is in a line', async (text) => {
  const lines = createDecoder(tableOf({ id: 'BIGINT', name: 'VARCHAR' }));
  const inLine = await trial.decode(lines, Buffer.concat([Buffer.from(text), lineEnd]));
  const inEnvelope = await decode([enveloped(text, topic)], typedJson, withTopic);
  const rows = inLine.rows.map((row) => ({ ...row, topic: 't' }));
  expect(inEnvelope.rows).toEqual(rows);
  expect(codesOf(inEnvelope)).toEqual(inLine.rejected.map(({ code }) => code));
  expect(inEnvelope.rejected.map(({ message }) => message)).toEqual(
    inLine.rejected.map(({ message }) => message),
  );
  for (const { raw } of inEnvelope.rejected) expect(Buffer.from(text).equals(raw)).toBe(true);
  if (typeof inEnvelope.fast === 'string') expect(inEnvelope.rejected.length).toBe(1);
  else expect(inEnvelope.fast).toEqual(inEnvelope.rows);
});

test('values without anything in them are rejected: tombstones and empty ones', async () => {
  const envelopes = [enveloped(null), enveloped(''), enveloped(' \n'), enveloped('{"id":1}')];
  const decoded = await decode(envelopes, typedJson, withTopic);
  expect(codesOf(decoded)).toEqual(['tombstone', 'malformed_json', 'malformed_json']);
  expect(decoded.rejected.map(({ raw }) => raw.length)).toEqual([0, 0, 2]);
  expect(decoded.rows).toEqual([{ id: '1', name: null, topic: null }]);
});

test('numbers that a double can’t hold are kept, whatever is around them', async () => {
  const fields = { d: 'DECIMAL(38,20)', j: 'JSON' };
  const text = '{"d":0.12345678901234567890,\n"j":[12345678901234567.89,\n"n"]}';
  const decoded = await decode([enveloped(text, topic)], typedJson, { fields, ...withTopic });
  const j = '[12345678901234567.89,"n"]';
  expect(decoded.rows).toEqual([{ d: '0.12345678901234567890', j, topic: 't' }]);
});

function frame(text: string | Uint8Array, id = 7): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

const notText = Buffer.from([0xff]);

test('a registry’s bytes before JSON are passed over', async () => {
  const good = [frame('{"id":1,"name":"ü"}'), frame('{"id":2}', 2 ** 32 - 1)];
  const decoded = await decode(
    good.map((bytes) => enveloped(bytes, undefined, true)),
    framedJson,
  );
  const rows = [
    { id: '1', name: 'ü' },
    { id: '2', name: null },
  ];
  expect(decoded.fast).toEqual(rows);
  expect(decoded.rows).toEqual(rows);
  const bad = [Buffer.from('{"id":1}'), Buffer.from([0, 0, 0, 1]), frame(''), frame(notText), null];
  const rejected = await decode(
    bad.map((bytes) => enveloped(bytes, undefined, true)),
    framedJson,
  );
  expect(rejected.fast).toBeTypeOf('string');
  expect(codesOf(rejected)).toEqual([
    'malformed_frame',
    'malformed_frame',
    'malformed_json',
    'invalid_utf8',
    'tombstone',
  ]);
  expect(rejected.rejected[3]?.raw).toEqual(frame(notText));
});

test('records of Kafka Connect hold the row in payload', async () => {
  const records = [
    '{"schema":{"type":"struct"},"payload":{"id":1,"name":"x"}}',
    '{"id":1,"name":"x"}',
    '{"schema":null,"payload":null}',
    '[]',
    '{"payload":{"id":"x"}}',
  ];
  const lines = await trial.decode(
    tableOf({ id: 'BIGINT', name: 'VARCHAR' }, { format: connectJson }),
    records.join('\n'),
  );
  expect(lines.rows).toEqual([{ id: '1', name: 'x' }]);
  expect(lines.rejected.map(({ code }) => code)).toEqual([
    'malformed_frame',
    'malformed_frame',
    'not_an_object',
    'type_mismatch',
  ]);
  expect(lines.fast).toBeTypeOf('string');
  expect(
    (await trial.decode(tableOf({ id: 'BIGINT' }, { format: connectJson }), records[0] ?? '')).fast,
  ).toEqual([{ id: '1' }]);
});

test.each(['JSON', 'VARCHAR'])('whole values as %s, with metadata', async (type) => {
  const envelopes = ['{"a": 1.10}', '[1,\n2]', 'null', '"x"'].map((text) => enveloped(text, topic));
  const decoded = await decode(envelopes, wholeJson, { fields: { value: type }, ...withTopic });
  const rows = ['{"a": 1.10}', '[1,\n2]', 'null', '"x"'].map((value) => ({ value, topic: 't' }));
  expect(decoded.rows).toEqual(rows);
  expect(decoded.fast).toEqual(rows);
});

test('raw_string keeps every text as it is', async () => {
  const values = ['a\nb\r\n', '', ' "x" ', '{"a":1}', 'ü\0', '12', 'a\\"b'];
  const decoded = await decode(
    values.map((value) => enveloped(value, topic)),
    { kind: 'raw_string' },
    { fields: { value: 'VARCHAR' }, ...withTopic },
  );
  const rows = values.map((value) => ({ value, topic: 't' }));
  expect(decoded.rows).toEqual(rows);
  expect(decoded.fast).toEqual(rows);
  expect(decoded.raw).toEqual(values);
});

test('raw_string takes neither bytes that are no text nor tombstones', async () => {
  const bad = [enveloped(Buffer.from([0xff, 0x0a])), enveloped(null), enveloped('x')];
  const decoded = await decode(bad, { kind: 'raw_string' }, { fields: { value: 'VARCHAR' } });
  expect(decoded.rows).toEqual([{ value: 'x' }]);
  expect(codesOf(decoded)).toEqual(['invalid_utf8', 'tombstone']);
  expect(decoded.rejected[0]?.raw).toEqual(Buffer.from([0xff, 0x0a]));
});

test('raw_bytes keeps every value as it is', async () => {
  const values = [Buffer.from([0, 10, 13, 255]), Buffer.alloc(0), Buffer.from('text')];
  const decoded = await decode(
    [...values.map((value) => enveloped(value, undefined, true)), enveloped(null)],
    { kind: 'raw_bytes' },
    { fields: { value: 'BLOB' } },
  );
  expect(decoded.rows.map(({ value }) => value)).toEqual([
    String.raw`\x00\x0A\x0D\xFF`,
    '',
    'text',
  ]);
  expect(codesOf(decoded)).toEqual(['tombstone']);
});

test('tombstones in lines are told by the batch, and values of several lines are their own', async () => {
  const decoder = createDecoder(topicTable({ id: 'BIGINT' }, typedJson));
  const batch = await trial.batch('{"id":\r1}\n-\n{"id":\r"x"}\n-\n');
  const own = new Map<number, Uint8Array | null>([
    [0, Buffer.from('{"id":\n1}')],
    [10, null],
    [12, Buffer.from('{"id":\n"x"}')],
    [24, Buffer.alloc(0)],
  ]);
  const decoded = await decodeBatch(trial, decoder, {
    ...batch,
    rawAt: (byteOffset) => own.get(byteOffset),
  });
  expect(decoded.raw).toEqual(['{"id":\n1}']);
  expect(codesOf(decoded)).toEqual(['tombstone', 'type_mismatch', 'malformed_json']);
  expect(Buffer.from(decoded.rejected[1]?.raw ?? '').toString()).toBe('{"id":\n"x"}');
  expect(decoded.rejected[2]?.raw.length).toBe(0);
});

test('a value longer than the reader takes at once is read all the same', async () => {
  const bytes = Buffer.from(`{"id":1,"pad":"${'n'.repeat(26_000_000)}"}`);
  const decoded = await decode([enveloped(frame(bytes), undefined, true)], framedJson);
  expect(decoded.fast).toBeTypeOf('string');
  expect(decoded.rejected).toEqual([]);
  expect(decoded.rows).toEqual([{ id: '1', name: null }]);
});

test('a value is too long where a line is', async () => {
  const bytes = Buffer.from(`{"id":1,"pad":"${'n'.repeat(34_000_000)}"}`);
  const decoded = await decode([enveloped(bytes, topic)], typedJson, withTopic);
  expect(codesOf(decoded)).toEqual(['too_long']);
});
