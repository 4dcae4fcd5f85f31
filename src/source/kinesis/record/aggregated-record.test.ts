import { createHash } from 'node:crypto';
import { fc } from '../../../../test/properties.ts';
import { expect, test } from 'vitest';
import {
  aggregate,
  aggregatedMessage,
  bytesField,
  numberField,
} from '../../../../test/streams/kinesis-aggregate.ts';
import { subRecordsOf } from './aggregated-record.ts';

const someRecord = fc.record(
  {
    key: fc.string({ minLength: 1 }),
    hashKey: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String),
    data: fc.uint8Array({ maxLength: 300 }),
  },
  { requiredKeys: ['key', 'data'] },
);

test('takes an aggregate apart into what was put in', () => {
  fc.assert(
    fc.property(fc.array(someRecord, { maxLength: 50 }), (records) => {
      const parts = subRecordsOf(aggregate(records));
      expect(
        parts?.map(({ partitionKey, explicitHashKey, data }) => [
          partitionKey,
          explicitHashKey,
          Buffer.from(data),
        ]),
      ).toEqual(records.map(({ key, hashKey, data }) => [key, hashKey, Buffer.from(data)]));
    }),
  );
});

test('a changed byte makes an aggregate a plain record', () => {
  const whole = aggregate([
    { key: 'a', data: 'one' },
    { key: 'b', hashKey: '7', data: 'two' },
  ]);
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(subRecordsOf(changed), `byte ${at}`).toBeUndefined();
    expect(subRecordsOf(whole.subarray(0, at)), `cut at ${at}`).toBeUndefined();
  }
});

test('anything under a right checksum is taken apart, or is a plain record, and never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const parts = subRecordsOf(sealed(Buffer.from(bytes)));
      expect(parts === undefined || Array.isArray(parts)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

const record = (fields: readonly Buffer[]): Buffer => bytesField(3, Buffer.concat(fields));
const key = bytesField(1, Buffer.from('k'));

test.each<[string, Buffer]>([
  ['a record without a key', Buffer.concat([key, record([bytesField(3, Buffer.from('x'))])])],
  ['a record without data', Buffer.concat([key, record([numberField(1, 0)])])],
  ['a key that is not in the table', record([numberField(1, 0), bytesField(3, Buffer.from('x'))])],
  [
    'a hash key that is not in the table',
    Buffer.concat([
      key,
      record([numberField(1, 0), numberField(2, 0), bytesField(3, Buffer.of(1))]),
    ]),
  ],
  ['a length beyond the end', Buffer.from([0x0a, 0x7f, 0x61])],
  ['a number that never ends', Buffer.alloc(20, 0xff)],
  ['field 0', Buffer.from([0x02, 0x01, 0x61])],
  ['a group, which protobuf gave up', Buffer.from([0x0b, 0x0c])],
])('with %s it is a plain record', (_, message) => {
  expect(subRecordsOf(sealed(message))).toBeUndefined();
});

test('fields that the format may get some day are passed over', () => {
  const later = Buffer.concat([
    bytesField(9, Buffer.from('?')),
    numberField(8, 300),
    Buffer.from([(7 << 3) | 5, 1, 2, 3, 4]),
    aggregatedMessage([{ key: 'a', data: 'x' }]),
    record([numberField(1, 0), bytesField(3, Buffer.from('y')), bytesField(4, Buffer.from('tag'))]),
  ]);
  expect(subRecordsOf(sealed(later))?.map(({ data }) => Buffer.from(data).toString())).toEqual([
    'x',
    'y',
  ]);
});

/** A message as an aggregate with a right checksum. */
function sealed(message: Buffer): Buffer {
  const digest = createHash('md5').update(message).digest();
  return Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message, digest]);
}
