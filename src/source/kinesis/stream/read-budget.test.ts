import { expect, test } from 'vitest';
import type { Clock } from '../../../base/clock.ts';
import { ReadBudget } from './read-budget.ts';

/** Sleeps by moving on. */
class SleepingClock implements Clock {
  #nowMs = 1000;

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  async sleep(durationMs: number): Promise<void> {
    this.#nowMs += durationMs;
    await Promise.resolve();
  }
}

const { signal } = new AbortController();

test('five reads a second and shard, and two megabytes', async () => {
  const clock = new SleepingClock();
  const budget = new ReadBudget(clock);
  const startedMs = clock.monotonicMs();
  const waited = (): number => Math.round(clock.monotonicMs() - startedMs);
  await budget.turn('a', signal);
  await budget.turn('b', signal);
  expect(waited()).toBe(0);
  await budget.turn('a', signal);
  expect(waited()).toBe(200);
  budget.spend('a', 10 * 1024 * 1024);
  await budget.turn('b', signal);
  expect(waited()).toBe(200);
  await budget.turn('a', signal);
  expect(waited()).toBe(5200);
});

test('who comes together takes turns', async () => {
  const clock = new SleepingClock();
  const budget = new ReadBudget(clock);
  await Promise.all([budget.turn('a', signal), budget.turn('a', signal), budget.turn('a', signal)]);
  await budget.turn('a', signal);
  expect(clock.monotonicMs()).toBeGreaterThanOrEqual(1600);
});
