import { expect, test } from 'vitest';
import { Tail, TailBudget } from './tail.ts';

const arrivedAtMs = 0;
const linesOf = (text: string): Buffer => Buffer.from(new TextEncoder().encode(text).buffer);

test('a block that leaves is freed', () => {
  const tail = new Tail(new TailBudget(8));
  const old = linesOf('old\n');
  tail.add({ offset: 0, bytes: old, arrivedAtMs });
  tail.add({ offset: 4, bytes: linesOf('newer\n'), arrivedAtMs });
  expect(old.byteLength).toBe(0);
});

test('memory that others share stays as it is', () => {
  const tail = new Tail(new TailBudget(0));
  const both = linesOf('shared\nelse\n');
  tail.add({ offset: 0, bytes: both.subarray(0, 7), arrivedAtMs });
  expect(both.toString()).toBe('shared\nelse\n');
});

test('what is read stays until it has been', async () => {
  const tail = new Tail(new TailBudget(8));
  const old = linesOf('old\n');
  tail.add({ offset: 0, bytes: old, arrivedAtMs });
  const { promise: goOn, resolve: letGoOn } = Promise.withResolvers<void>();
  const reading = tail.read({ from: 0, target: 4 }, async ({ chunks }) => {
    await goOn;
    return Buffer.concat([...chunks]).toString();
  });
  tail.add({ offset: 4, bytes: linesOf('newer\n'), arrivedAtMs });
  expect(await tail.read({ from: 0, target: 4 }, () => Promise.resolve('old'))).toBeUndefined();
  letGoOn();
  expect(await reading).toBe('old\n');
});

test('a failed reader holds nothing', async () => {
  const tail = new Tail(new TailBudget(8));
  const old = linesOf('old\n');
  tail.add({ offset: 0, bytes: old, arrivedAtMs });
  const reading = tail.read({ from: 0, target: 4 }, () => Promise.reject(new Error('no disk')));
  await expect(reading).rejects.toThrow('no disk');
  tail.add({ offset: 4, bytes: linesOf('newer\n'), arrivedAtMs });
  expect(old.byteLength).toBe(0);
});
