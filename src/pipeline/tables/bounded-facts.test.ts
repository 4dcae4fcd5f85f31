import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { type Asked, BoundedFacts } from './bounded-facts.ts';
import type { TableFacts } from './table-facts.ts';

function facts(fields: Partial<TableFacts> = {}): TableFacts {
  return {
    ...{ name: 't', kind: 'delta', path: 's3://b/t', schema: [], version: 3, files: 2, rows: 10 },
    ...{ bytes: 100, hotRows: 0, newestEventMs: undefined, rejectedCount: 0 },
    ...fields,
  };
}

function asking(ask: () => Promise<TableFacts>): readonly Asked[] {
  return [{ known: facts(), isRead: true, ask }];
}

/** A clock that stands still but for `pass`. */
function standingClock(): Clock & { readonly pass: (durationMs: number) => Promise<void> } {
  let nowMs = 0;
  const sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  return {
    ...systemClock,
    monotonicMs: () => nowMs,
    sleep: async (durationMs) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      sleepers.add({ atMs: nowMs + durationMs, wake: resolve });
      await promise;
    },
    pass: async (durationMs) => {
      await nextTurn();
      nowMs += durationMs;
      for (const sleeper of sleepers) {
        if (sleeper.atMs > nowMs) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      await nextTurn();
    },
  };
}

/** Tables that answer when they are told to, and what of them was asked so far. */
function silentTables(
  count: number,
  isRead: boolean,
): {
  readonly all: readonly Asked[];
  readonly asked: string[];
  readonly answer: (name: string) => void;
} {
  const asked: string[] = [];
  const answers = new Map<string, PromiseWithResolvers<TableFacts>>();
  const all = Array.from({ length: count }, (_, index) => {
    const name = `t${index}`;
    return {
      known: facts({ name, rows: 0 }),
      isRead,
      ask: () => {
        asked.push(name);
        const answer = Promise.withResolvers<TableFacts>();
        answers.set(name, answer);
        return answer.promise;
      },
    };
  });
  return { all, asked, answer: (name) => answers.get(name)?.resolve(facts({ name, rows: 1 })) };
}

test('a table that answers is as it says', async () => {
  const bounded = new BoundedFacts(standingClock());
  const answer = facts({ rows: 11 });
  expect(await bounded.of(asking(async () => answer))).toEqual([answer]);
});

test('a table that fails is as it was known, with the reason; and it is asked again', async () => {
  const bounded = new BoundedFacts(standingClock());
  const problem = new HeliosError('unreachable', 'Gone.');
  expect(await bounded.of(asking(() => Promise.reject(problem)))).toEqual([
    { ...facts(), problem },
  ]);
  const answer = facts({ rows: 11 });
  expect(await bounded.of(asking(async () => answer))).toEqual([answer]);
});

test('a table that does not answer is waited for so long, and not asked twice', async () => {
  const clock = standingClock();
  const bounded = new BoundedFacts(clock);
  const { promise, resolve } = Promise.withResolvers<TableFacts>();
  let asked = 0;
  const silent = asking(() => (asked++, promise));
  const told = bounded.of(silent);
  await clock.pass(800);
  await clock.pass(4_200);
  const message = 's3://b/t has not answered for 5 s.';
  expect(await told).toMatchObject([{ rows: 10, problem: { code: 'unavailable', message } }]);
  const again = bounded.of(silent);
  await clock.pass(0);
  expect(await again).toMatchObject([{ problem: { code: 'unavailable' } }]);
  expect(asked).toBe(1);
  resolve(facts({ rows: 11 }));
  await nextTurn();
  const answer = facts({ rows: 12 });
  expect(await bounded.of(asking(async () => answer))).toEqual([answer]);
});

test('of many tables a few are asked at a time, and those never read are read in the end', async () => {
  const clock = standingClock();
  const bounded = new BoundedFacts(clock);
  const { all, asked, answer } = silentTables(20, false);
  const listed = bounded.of(all);
  await nextTurn();
  expect(asked).toHaveLength(8);
  for (let index = 0; index < 4; index++) answer(`t${index}`);
  await nextTurn();
  expect(asked).toHaveLength(12);
  // Nobody answers: the next ones have their turn.
  await clock.pass(250);
  expect(asked).toHaveLength(20);
  for (const name of asked) answer(name);
  expect((await listed).map(({ rows }) => rows)).toEqual(all.map(() => 1));
});

test('a list of many slow tables says which it has not read, and the next one has them', async () => {
  const clock = standingClock();
  const bounded = new BoundedFacts(clock);
  const { all, asked, answer } = silentTables(40, false);
  const listed = bounded.of(all);
  for (const waitMs of [250, 250, 250, 50]) await clock.pass(waitMs);
  expect(asked).toHaveLength(32);
  for (const name of [...asked]) answer(name);
  const unread = (await listed).filter(({ problem }) => problem !== undefined);
  expect(unread.map(({ name }) => name)).toEqual(all.slice(32).map(({ known }) => known.name));
  expect(unread[0]?.problem?.message).toBe('s3://b/t has not been read yet.');
  await nextTurn();
  expect(asked).toHaveLength(40);
  for (const name of asked.slice(32)) answer(name);
  await nextTurn();
  const next = bounded.of(all);
  for (const waitMs of [250, 250, 250, 50]) await clock.pass(waitMs);
  for (const name of [...asked]) answer(name);
  expect((await next).map(({ rows, problem }) => [rows, problem])).toEqual(
    all.map(() => [1, undefined]),
  );
});

test('work for tables that were read ends with the list that wanted it', async () => {
  const clock = standingClock();
  const bounded = new BoundedFacts(clock);
  const { all, asked, answer } = silentTables(40, true);
  const listed = bounded.of(all);
  for (const waitMs of [250, 250, 250, 50]) await clock.pass(waitMs);
  for (const name of [...asked]) answer(name);
  const told = await listed;
  expect(told.every(({ problem }) => problem === undefined)).toBe(true);
  await nextTurn();
  const first = asked.length;
  await clock.pass(10_000);
  expect(asked).toHaveLength(first);
  const next = bounded.of(all);
  await nextTurn();
  // Those that had no turn come first.
  expect(asked.slice(first)).toEqual(all.slice(32).map(({ known }) => known.name));
  for (const waitMs of [250, 250, 250, 50]) await clock.pass(waitMs);
  for (const name of [...asked]) answer(name);
  await next;
});
