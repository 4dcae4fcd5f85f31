import { expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { Deadline } from './deadline.ts';

test('work that was begun after the end fails unheard', async () => {
  const outer = new AbortController();
  using deadline = new Deadline(systemClock, 60_000, outer.signal);
  outer.abort(new Error('gone'));
  const unheard: unknown[] = [];
  const onRejection = (reason: unknown): number => unheard.push(reason);
  process.on('unhandledRejection', onRejection);
  try {
    await expect(deadline.race(Promise.reject(new Error('closed')))).rejects.toThrow('gone');
    // Node looks for rejections that nobody handles after all microtasks.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('unhandledRejection', onRejection);
  }
  expect(unheard).toEqual([]);
});
