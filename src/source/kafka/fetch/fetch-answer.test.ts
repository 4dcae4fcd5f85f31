import { Writer } from '@platformatic/kafka';
import { fc } from '../../../../test/properties.ts';
import { expect, test } from 'vitest';
import { readFetchAnswer } from './fetch-answer.ts';

const topicId = '01234567-89ab-cdef-0123-456789abcdef';

function answer(version: number): Buffer {
  const isCompact = version >= 12;
  const writer = Writer.create().appendInt32(0).appendInt16(0).appendInt32(0);
  writer.appendArray(
    ['topic'],
    (entry, name) => {
      if (version >= 13) entry.appendUUID(topicId);
      else entry.appendString(name, isCompact);
      entry.appendArray(
        [4],
        (partition, number) => {
          partition.appendInt32(number).appendInt16(0).appendInt64(30n).appendInt64(20n);
          partition.appendInt64(10n);
          partition.appendArray(
            [[7n, 15n] as const],
            (aborted, [producerId, offset]) => aborted.appendInt64(producerId).appendInt64(offset),
            isCompact,
            isCompact,
          );
          partition.appendInt32(-1).appendBytes(Buffer.from('records'), isCompact);
        },
        isCompact,
        isCompact,
      );
    },
    isCompact,
    isCompact,
  );
  if (isCompact) writer.appendTaggedFields();
  return Buffer.from(writer.buffer);
}

test.each([11, 12, 13, 16])('reads an answer of version %i', (version) => {
  expect(readFetchAnswer(version, answer(version))).toEqual({
    errorCode: 0,
    partitions: [
      {
        topic: version >= 13 ? topicId : 'topic',
        partition: 4,
        errorCode: 0,
        highWatermark: 30,
        lastStableOffset: 20,
        logStartOffset: 10,
        diverging: undefined,
        aborted: [{ producerId: 7n, firstOffset: 15 }],
        records: Buffer.from('records'),
      },
    ],
  });
});

test('whatever the bytes are, it is an answer or damaged', () => {
  const versions = fc.constantFrom(11, 12, 16);
  const changes = fc.array(fc.record({ at: fc.nat(200), to: fc.nat(255) }), { maxLength: 4 });
  fc.assert(
    fc.property(versions, changes, fc.nat(200), (version, changed, length) => {
      const bytes = answer(version);
      for (const { at, to } of changed) bytes[at % bytes.length] = to;
      try {
        readFetchAnswer(version, bytes.subarray(0, length));
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'corrupt_data' });
      }
    }),
    { numRuns: 1000 },
  );
});
