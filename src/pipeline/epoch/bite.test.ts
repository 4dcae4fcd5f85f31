import { expect, test } from 'vitest';
import { type Batch, position } from '../../event/record.ts';
import { Bite } from './bite.ts';

const mebibyte = 1024 * 1024;
const quickMs = 100;
const slowMs = 1500;

/** Reads an epoch of partitions that have so much waiting; gives what was asked of each. */
function epoch(
  bite: Bite,
  waiting: readonly number[],
  workMs: number,
): { readonly asked: readonly number[]; readonly isFull: boolean } {
  const partitionCount = waiting.length;
  const asked = waiting.map((_, index) =>
    bite.bytesMax({ source: 's', partition: String(index), partitionCount }),
  );
  const batches = waiting
    .map((bytes, index) => batch(String(index), Math.min(bytes, asked[index] ?? 0)))
    .filter(({ content }) => content.kind === 'parquet' || content.byteLength > 0);
  return { asked, isFull: bite.swallow(new Map([['s', batches]]), workMs) };
}

function batch(partition: string, byteLength: number): Batch {
  return {
    partition,
    from: undefined,
    to: position('1'),
    arrivedAtMs: 0,
    content: { kind: 'lines', path: '', byteLength },
    positionAt: () => position('0'),
    release: async () => await Promise.resolve(),
  };
}

test('epochs grow while there is more to read than fits, every second one', () => {
  const bite = new Bite(false);
  const sizes = Array.from({ length: 12 }, () => epoch(bite, [Infinity], quickMs).asked[0] ?? 0);
  expect(sizes.map((size) => size / mebibyte)).toEqual([
    4, 8, 8, 16, 16, 32, 32, 64, 64, 128, 128, 128,
  ]);
});

test('an epoch made ahead with the limit of the one before leaves more waiting too', () => {
  const bite = new Bite(false);
  expect(epoch(bite, [Infinity], quickMs)).toEqual({ asked: [4 * mebibyte], isFull: true });
  const ahead = 4 * mebibyte;
  expect(epoch(bite, [ahead], quickMs)).toEqual({ asked: [8 * mebibyte], isFull: true });
  expect(epoch(bite, [ahead], quickMs)).toEqual({ asked: [8 * mebibyte], isFull: false });
});

test('an epoch that is slow makes those after the next smaller', () => {
  const bite = new Bite(false);
  for (let count = 0; count < 5; count++) epoch(bite, [Infinity], quickMs);
  const sizes = Array.from({ length: 6 }, () => epoch(bite, [Infinity], slowMs).asked[0] ?? 0);
  expect(sizes.map((size) => size / mebibyte)).toEqual([32, 32, 16, 16, 8, 8]);
});

test.each([true, false])(
  'epochs of a slow sink begin small, and stay so (bounded: %s)',
  (isBounded) => {
    const bite = new Bite(isBounded, mebibyte / 16);
    const slow = Array.from({ length: 3 }, () => epoch(bite, [Infinity], slowMs).asked[0] ?? 0);
    const quick = Array.from({ length: 6 }, () => epoch(bite, [Infinity], quickMs).asked[0] ?? 0);
    const again = Array.from({ length: 8 }, () => epoch(bite, [Infinity], slowMs).asked[0] ?? 0);
    const sizes = [...slow, ...quick, ...again].map((size) => (size * 16) / mebibyte);
    expect(sizes).toEqual([1, 1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 4, 2, 2, 1, 1, 1]);
  },
);

test('partitions with more to read share an epoch, the others keep what they may have', () => {
  const bite = new Bite(false);
  expect(epoch(bite, [Infinity, 10, 0, Infinity], 700).asked).toEqual(
    Array.from({ length: 4 }, () => mebibyte),
  );
  const second = epoch(bite, [Infinity, 10, 0, Infinity], 700);
  expect(second.asked.map((size) => size / mebibyte)).toEqual([2, 1, 1, 2]);
  expect(second.isFull).toBe(true);
});

test('a partition that alone has much to read is read in whole epochs', () => {
  const bite = new Bite(false);
  const sizes = Array.from({ length: 5 }, () => {
    return epoch(bite, [0, 0, Infinity, 0], 700).asked[2] ?? 0;
  });
  expect(sizes.map((size) => size / mebibyte)).toEqual([1, 4, 4, 4, 4]);
});

test('an epoch without a full partition leaves nothing waiting', () => {
  const bite = new Bite(false);
  expect(epoch(bite, [100, 0, mebibyte / 2, 7], quickMs).isFull).toBe(false);
  expect(epoch(bite, [0, 0], quickMs).isFull).toBe(false);
});

test('what is too much to look at closely is gathered again, evenly and less', () => {
  const bite = new Bite(false);
  for (let count = 0; count < 3; count++) epoch(bite, [Infinity, 0], quickMs);
  bite.takeLess(2 * mebibyte);
  expect(epoch(bite, [Infinity, 0], quickMs).asked).toEqual([mebibyte, mebibyte]);
  expect(epoch(bite, [Infinity, 0], slowMs).asked).toEqual([2 * mebibyte, mebibyte]);
});

test('sources that end are read in large epochs, however long those take', () => {
  const bite = new Bite(true);
  const sizes = Array.from({ length: 3 }, () => epoch(bite, [Infinity], slowMs).asked[0]);
  expect(sizes).toEqual([1024 * mebibyte, 1024 * mebibyte, 1024 * mebibyte]);
});
