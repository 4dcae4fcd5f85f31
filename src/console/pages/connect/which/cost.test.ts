import { expect, test } from 'vitest';
import { costWords, retentionText } from './cost.ts';

test('reading Kinesis is told by its limit, Kafka by its traffic', () => {
  expect(costWords('kinesis', { name: 's', partitions: 4 })).toContain('4 a second for 4 shards');
  expect(costWords('kinesis', { name: 's' })).toContain('1 of the 5 reads a second');
  expect(costWords('kafka', { name: 's', bytes_per_second: 2_400_000 })).toContain('2.4 MB/s');
});

test.each([
  [undefined, ''],
  [null, 'for ever'],
  [86_400_000, '24 h'],
])('records that are kept %o ms: %s', (ms, text) => {
  expect(retentionText(ms)).toBe(text);
});
