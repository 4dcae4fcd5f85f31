import { expect, test } from 'vitest';
import { RecordBatchWriter } from '../../sink/kafka/produce/record-batch.ts';
import { addLines } from './line-records.ts';

test.each([
  ['{"a":1}\n', 1],
  ['{"a":1}\n{"a":2}', 2],
  ['{"a":1}\r\n\r\n{"a":2}\r\n', 2],
  ['\n \t\n', 0],
  ['', 0],
  ['not json\n', 1],
])('%j is %i records', (text, count) => {
  const writer = new RecordBatchWriter(0);
  addLines(writer, Buffer.from(text));
  expect(writer.recordCount).toBe(count);
});

test('the end of a line is no part of its record', async () => {
  const batchOf = async (text: string): Promise<string> => {
    const writer = new RecordBatchWriter(0);
    addLines(writer, Buffer.from(text));
    return (await writer.finish()).bytes.toString('hex');
  };
  expect(await batchOf('{"a":1}\r\n{"b":2}\r\n')).toBe(await batchOf('{"a":1}\n{"b":2}'));
});
