import { expect, test } from 'vitest';
import type { Clock } from '../../base/clock.ts';
import { MemoryStorage } from '../../storage/memory/memory-storage.ts';
import type { StateObject } from './state-object.ts';
import { StandbyAnswers, untilNobodyHas } from './standby.ts';
import { StateStore } from './state-store.ts';

const intervalMs = 1000;
const owner = { id: 'o', pid: 7, host: 'h', intervalMs };
const first: StateObject = {
  format: 1,
  number: 1,
  owner,
  isReleased: false,
  atMs: 0,
  catalog: null,
  pipelines: [],
};

/** A clock on which waiting takes no time, and does something instead. */
function clockOf(onSleep: (sleeps: number) => Promise<void>): Clock & { readonly sleeps: number } {
  const clock = {
    sleeps: 0,
    nowMs: () => 0,
    monotonicMs: () => 0,
    sleep: async (durationMs: number, signal?: AbortSignal): Promise<void> => {
      expect(durationMs).toBe(intervalMs);
      clock.sleeps++;
      await onSleep(clock.sleeps);
      signal?.throwIfAborted();
    },
  };
  return clock;
}

/** Answers one question, as an owner does each interval. */
async function answerOnce(storage: MemoryStorage): Promise<void> {
  const asleep = Promise.withResolvers<void>();
  const clock = clockOf(async () => {
    asleep.resolve();
    await new Promise((done) => setImmediate(done));
  });
  const problems: unknown[] = [];
  const onProblem = (problem: unknown): void => void problems.push(problem);
  const answers = new StandbyAnswers({ storage, owner, clock, onProblem });
  answers.start();
  await asleep.promise;
  await answers.close();
  expect(problems).toEqual([]);
}

test('an owner that answers is waited for; one that fell silent is not', async () => {
  const storage = new MemoryStorage();
  const store = new StateStore(storage);
  await store.put(first);
  const answered = 5;
  const clock = clockOf(async (sleeps) => {
    if (sleeps <= answered) await answerOnce(storage);
  });
  const told: string[] = [];
  const onWait = (who: string): void => void told.push(who);
  await untilNobodyHas({ storage, store, clock, signal: new AbortController().signal, onWait });
  expect(clock.sleeps).toBe(answered + 3);
  expect(told).toEqual(['another Helios process (pid 7 on h)']);
});

test('an owner that puts states is there, too; one that said it ended is not', async () => {
  const storage = new MemoryStorage();
  const store = new StateStore(storage);
  await store.put(first);
  const clock = clockOf(async (sleeps) => {
    await store.put({ ...first, number: sleeps + 1, isReleased: sleeps === 9 });
  });
  const signal = new AbortController().signal;
  await untilNobodyHas({ storage, store, clock, signal, onWait: () => undefined });
  expect(clock.sleeps).toBe(9);
});

test('where there is no state, nobody has it; who is told to stop, stops', async () => {
  const storage = new MemoryStorage();
  const store = new StateStore(storage);
  const stopped = new AbortController();
  const clock = clockOf(async () => stopped.abort(new Error('stopped')));
  const context = { storage, store, clock, signal: stopped.signal, onWait: () => undefined };
  await untilNobodyHas(context);
  await store.put(first);
  await expect(untilNobodyHas(context)).rejects.toThrow('stopped');
});

test('at rest an owner puts nothing', async () => {
  const storage = new MemoryStorage();
  await answerOnce(storage);
  expect(await Array.fromAsync(storage.list(''))).toEqual([]);
});
