import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { BoundedFacts } from './bounded-facts.ts';
import type { TableFacts } from './table-facts.ts';

function facts(fields: Partial<TableFacts> = {}): TableFacts {
  return {
    ...{ name: 't', kind: 'delta', path: 's3://b/t', schema: [], version: 3, files: 2, rows: 10 },
    ...{ bytes: 100, hotRows: 0, newestEventMs: undefined, rejectedCount: 0 },
    ...fields,
  };
}

/** Time passes as soon as somebody waits for it, or not at all. */
function clockOf(passes: boolean): Clock & { readonly slept: number[]; passes: boolean } {
  const slept: number[] = [];
  let nowMs = 0;
  const clock = {
    ...systemClock,
    slept,
    passes,
    monotonicMs: () => nowMs,
    sleep: async (durationMs: number) => {
      slept.push(durationMs);
      if (!clock.passes) return await new Promise<never>(() => {});
      nowMs += durationMs;
    },
  };
  return clock;
}

test('a table that answers is as it says', async () => {
  const bounded = new BoundedFacts(clockOf(false));
  const answer = facts({ rows: 11 });
  expect(await bounded.of({ known: facts(), ask: async () => answer })).toEqual(answer);
});

test('a table that fails is as it was known, with the reason; and it is asked again', async () => {
  const bounded = new BoundedFacts(clockOf(false));
  const problem = new HeliosError('unreachable', 'Gone.');
  const failing = { known: facts(), ask: () => Promise.reject(problem) };
  expect(await bounded.of(failing)).toEqual({ ...facts(), problem });
  const answer = facts({ rows: 11 });
  expect(await bounded.of({ ...failing, ask: async () => answer })).toEqual(answer);
});

test('a table that does not answer is waited for so long, and not asked twice', async () => {
  const clock = clockOf(true);
  const bounded = new BoundedFacts(clock);
  const { promise, resolve } = Promise.withResolvers<TableFacts>();
  let asked = 0;
  const silent = { known: facts(), ask: () => (asked++, promise) };
  const told = await bounded.of(silent);
  expect(told).toMatchObject({ rows: 10, problem: { code: 'unavailable' } });
  expect(told.problem?.message).toBe('s3://b/t has not answered for 5 s.');
  expect(await bounded.of(silent)).toMatchObject({ problem: { code: 'unavailable' } });
  expect(clock.slept).toEqual([5_000, 0]);
  expect(asked).toBe(1);
  clock.passes = false;
  resolve(facts({ rows: 11 }));
  await promise;
  const answer = facts({ rows: 12 });
  expect(await bounded.of({ ...silent, ask: async () => answer })).toEqual(answer);
});
