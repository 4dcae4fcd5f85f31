import { fc } from '../../../../test/properties.ts';
import { expect, test } from 'vitest';
import { parseAnswer } from './records-answer.ts';

function parse(text: string): object {
  return parseAnswer(Buffer.from(text));
}

const someRecord = fc.record({
  Data: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  SequenceNumber: fc.bigInt({ min: 0n, max: 10n ** 56n }).map(String),
  PartitionKey: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('"', '\\', '\n', 'é')),
  ApproximateArrivalTimestamp: fc.double({ min: 0.001, max: 2e9, noNaN: true }),
  EncryptionType: fc.constantFrom('NONE', 'KMS'),
});

/** The fields of records may come in any order; those that are missing may be null. */
const someAnswer = fc.record({
  Records: fc.array(
    fc.tuple(someRecord, fc.nat()).map(([record, turn]) => {
      const fields = Object.entries(record);
      const at = turn % fields.length;
      return Object.fromEntries([...fields.slice(at), ...fields.slice(0, at)]);
    }),
    { maxLength: 8 },
  ),
  NextShardIterator: fc.option(fc.base64String()),
  MillisBehindLatest: fc.nat(),
});

test('an answer means the same, however it is written', () => {
  fc.assert(
    fc.property(someAnswer, (answer) => {
      const wanted = {
        records: answer.Records.map((record) => ({
          data: record['Data'],
          sequenceNumber: record['SequenceNumber'],
          partitionKey: record['PartitionKey'],
          arrivedAtMs: Math.max(
            1,
            Math.round(Number(record['ApproximateArrivalTimestamp']) * 1000),
          ),
        })),
        nextIterator: answer.NextShardIterator ?? undefined,
        behindMs: answer.MillisBehindLatest,
        children: [],
      };
      expect(parse(JSON.stringify(answer))).toEqual(wanted);
      expect(parse(JSON.stringify(answer, undefined, 1))).toEqual(wanted);
      const escaped = JSON.stringify(answer).replaceAll('/', String.raw`\/`);
      expect(parse(escaped)).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});

const whole = JSON.stringify({
  MillisBehindLatest: 5,
  NextShardIterator: 'AAA',
  Records: [
    { Data: 'YQ==', SequenceNumber: '12', PartitionKey: 'k', ApproximateArrivalTimestamp: 1.5 },
    { Data: 'Yg==', SequenceNumber: '13', PartitionKey: 'k', ApproximateArrivalTimestamp: 1.5 },
  ],
  ChildShards: [
    {
      ShardId: 's',
      ParentShards: ['p'],
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: '9' },
    },
  ],
});

test('what was cut anywhere is no answer', () => {
  expect(parse(whole)).toMatchObject({
    records: [{ data: 'YQ==' }, { data: 'Yg==' }],
    children: [{ id: 's', parents: ['p'], hashKeyStart: 0n, hashKeyEnd: 9n }],
  });
  for (let at = 0; at < whole.length; at++) {
    expect(() => parseAnswer(Buffer.from(whole.slice(0, at))), `cut at ${at}`).toThrow(
      /can't be used/,
    );
  }
});

test.each([
  '',
  'null',
  '[]',
  '{}',
  '{"Records":null}',
  '{"Records":[{}]}',
  '{"Records":[{"Data":"YQ==","SequenceNumber":"x","PartitionKey":"k"}]}',
  '{"Records":[{"Data":"YQ==","SequenceNumber":12,"PartitionKey":"k"}]}',
  '{"Records":[{"Data":7,"SequenceNumber":"12","PartitionKey":"k"}]}',
  '{"Records":[{"SequenceNumber":"12","PartitionKey":"k"}]}',
  '{"Records":[{"Data":"YQ==","SequenceNumber":"12","PartitionKey":"k"}]',
  '{"Records":[{"Data":"YQ==","SequenceNumber":"12","PartitionKey":"k"},]}',
  '<html>"Records":[]</html>',
])('%s is no answer', (text) => {
  expect(() => parseAnswer(Buffer.from(text))).toThrow(/An answer to GetRecords can't be used/);
});
