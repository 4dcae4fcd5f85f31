import { expect, test } from 'vitest';
import { BufferLimit } from './buffer-limit.ts';

const { signal } = new AbortController();

test('grants what fits, in the order of asking, and one reservation however large', async () => {
  const limit = new BufferLimit(10);
  await limit.reserve(20, signal);
  const granted: number[] = [];
  const waits = [6, 5, 1].map(async (bytes) => {
    await limit.reserve(bytes, signal);
    granted.push(bytes);
  });
  limit.release(20);
  await waits[0];
  expect(granted).toEqual([6]);
  limit.release(6);
  await Promise.all(waits);
  expect(granted).toEqual([6, 5, 1]);
});

test('who gives up waiting holds up nobody', async () => {
  const limit = new BufferLimit(10);
  limit.hold(8);
  const controller = new AbortController();
  const given = limit.reserve(9, controller.signal);
  const patient = limit.reserve(2, signal);
  controller.abort(new Error('gave up'));
  await expect(given).rejects.toThrow('gave up');
  await patient;
  await expect(limit.reserve(1, controller.signal)).rejects.toThrow('gave up');
});
