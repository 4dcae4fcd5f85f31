import { crc32c } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { RecordBatchWriter, stampBatch } from './record-batch.ts';

function field(text: string): { bytes: Buffer; from: number; to: number } {
  // Not at the start of its buffer, as fields of larger texts are.
  const bytes = Buffer.from(`..${text}..`);
  return { bytes, from: 2, to: bytes.length - 2 };
}

test('a batch is what the format says', async () => {
  const writer = new RecordBatchWriter(1_000);
  writer.add(field('k'), field('first'));
  writer.add(undefined, undefined, { timestampMs: 900 });
  writer.add(field(''), field('third'), { timestampMs: 1_200 });
  writer.add(undefined, field('v'), { header: { name: 'h', value: 'x'.repeat(70) } });
  const batch = await writer.finish();
  stampBatch(batch, { producerId: 7n, producerEpoch: 2, sequence: 41 });
  const { bytes } = batch;
  expect(batch.recordCount).toBe(4);
  expect(bytes.readInt32BE(8)).toBe(bytes.length - 12);
  expect(bytes.readInt8(16)).toBe(2);
  expect(bytes.readUInt32BE(17)).toBe(crc32c(bytes.subarray(21)) >>> 0);
  expect(bytes.readInt16BE(21)).toBe(0);
  expect(bytes.readInt32BE(23)).toBe(3);
  expect(bytes.readBigInt64BE(27)).toBe(1_000n);
  expect(bytes.readBigInt64BE(35)).toBe(1_200n);
  expect(bytes.readBigInt64BE(43)).toBe(7n);
  expect(bytes.readInt16BE(51)).toBe(2);
  expect(bytes.readInt32BE(53)).toBe(41);
  expect(bytes.readInt32BE(57)).toBe(4);
  const records = bytes.subarray(61);
  const value = ['8c01', hex('x'.repeat(70))];
  expect(records.toString('hex')).toBe(
    [
      ['18', '00', '00', '00', '02', hex('k'), '0a', hex('first'), '00'],
      ['0e', '00', 'c701', '02', '01', '01', '00'],
      ['18', '00', '9003', '04', '00', '0a', hex('third'), '00'],
      ['a201', '00', '00', '06', '01', '02', hex('v'), '02', '02', hex('h'), ...value],
    ]
      .flat()
      .join(''),
  );
});

test('records that are worth it are compressed', async () => {
  const writer = new RecordBatchWriter(1_000);
  for (let record = 0; record < 10_000; record++) writer.add(undefined, field('{"same":true}'));
  const { bytes, recordCount } = await writer.finish();
  expect(recordCount).toBe(10_000);
  expect(bytes.readInt16BE(21)).toBe(4);
  expect(bytes.length).toBeLessThan(writer.byteLength / 4);
});

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}
