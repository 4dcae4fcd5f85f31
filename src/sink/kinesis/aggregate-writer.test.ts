import { expect, test } from 'vitest';
import { subRecordsOf } from '../../source/kinesis/record/aggregated-record.ts';
import { AggregateWriter } from './aggregate-writer.ts';

test.each([
  [['{"a":1}', '{"b":2}']],
  [['', 'x'.repeat(127), 'y'.repeat(128), 'z'.repeat(70_000)]],
  [Array.from({ length: 1000 }, (_, index) => `{"n":${index},"t":"é\u{1f600}"}`)],
])('records come back one by one', (texts) => {
  const writer = new AggregateWriter('a-key');
  for (const text of texts) writer.add(Buffer.from(text));
  const bytes = writer.finish();
  expect(writer.byteLength).toBeGreaterThanOrEqual(bytes.length + 'a-key'.length);
  expect(writer.byteLength - bytes.length).toBeLessThan(16);
  const records = subRecordsOf(bytes);
  expect(records?.map(({ data }) => Buffer.from(data).toString())).toEqual(texts);
  expect(new Set(records?.map(({ partitionKey }) => partitionKey))).toEqual(new Set(['a-key']));
});

test('a single record stays as it is', () => {
  const writer = new AggregateWriter('a-key');
  writer.add(Buffer.from('{"a":1}'));
  expect(Buffer.from(writer.finish()).toString()).toBe('{"a":1}');
});
