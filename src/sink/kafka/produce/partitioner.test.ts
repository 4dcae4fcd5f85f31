import { expect, test } from 'vitest';
import { murmur2, partitionOf } from './partitioner.ts';

// Cases of Kafka's own UtilsTest.testMurmur2.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('hashes %s as Java does', (text, hash) => {
  expect(murmur2(Buffer.from(text)) | 0).toBe(hash);
});

test('keys go to partitions that exist', () => {
  for (let key = 0; key < 1000; key++) {
    const partition = partitionOf(Buffer.from(`key ${key}`), 7);
    expect(partition).toBeGreaterThanOrEqual(0);
    expect(partition).toBeLessThan(7);
  }
});
