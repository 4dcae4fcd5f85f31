import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { inflate } from './inflate.ts';

const limits = { bytesMax: 1_000_000, ratioMax: 100, ratioFreeBytes: 1000 };

test.each([0, 1, 16_383, 16_384, 16_385, 131_072, 500_000])(
  '%i bytes come back whole from several members',
  async (length) => {
    const text = Buffer.from(Uint8Array.from({ length }, (_, index) => (index * index * 31) % 251));
    const anyRatio = { ...limits, ratioMax: Infinity };
    for (const [encoding, compress] of [
      ['gzip', gzipSync],
      ['zstd', zstdCompressSync],
    ] as const) {
      let taken = 0;
      const raw = Buffer.concat([compress(text), compress('tail')]);
      const output = await inflate(raw, encoding, anyRatio, (bytes) => (taken += bytes));
      expect(output.equals(Buffer.concat([text, Buffer.from('tail')]))).toBe(true);
      expect(taken).toBe(output.byteLength);
    }
  },
);

test.each([
  ['gzip', gzipSync, 2_000_000, { ...limits, ratioMax: 1e6 }, 'larger than 1000000 bytes'],
  ['zstd', zstdCompressSync, 2_000_000, { ...limits, ratioMax: 1e6 }, 'larger than 1000000 bytes'],
  ['gzip', gzipSync, 500_000, limits, 'suspicious multiple'],
  ['zstd', zstdCompressSync, 500_000, limits, 'suspicious multiple'],
] as const)('a %s bomb is stopped early', async (...row) => {
  const [encoding, compress, length, own, message] = row;
  let taken = 0;
  const bomb = compress(Buffer.alloc(length));
  await expect(inflate(bomb, encoding, own, (bytes) => (taken += bytes))).rejects.toMatchObject({
    code: 'too_large',
    message: expect.stringContaining(message),
  });
  expect(taken).toBeLessThanOrEqual(own.bytesMax);
});

test('a refusal of memory stops inflating', async () => {
  const raw = gzipSync(Buffer.alloc(500));
  const refuse = (): void => {
    throw new Error('no memory');
  };
  await expect(inflate(raw, 'gzip', limits, refuse)).rejects.toThrow('no memory');
});
