import { expect, test, vi } from 'vitest';
import { HeliosError } from '../base/errors.ts';
import type { EventLog } from './event-log.ts';
import type { Appended } from './log.ts';
import { FaultyFiles, line, readLines, TrialLog } from './trial-log.conformance.ts';
import type { Fault } from './trial-log.conformance.ts';

// Each of these tests makes a hundred logs.
vi.setConfig({ testTimeout: 60_000 });

type Answer = { readonly name: string; readonly appended: Appended | HeliosError };

/** More than one segment, more than one partition, with and without keys, alone and together. */
async function workload(log: EventLog): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let round = 0; round < 3; round++) {
    const names = [0, 1, 2, 3].map((number) => `r${round}-${number}`);
    answers.push(...(await Promise.all(names.map(async (name) => await ask(log, name)))));
  }
  return answers;
}

async function ask(log: EventLog, name: string): Promise<Answer> {
  const idempotencyKey = name.endsWith('0') ? undefined : name;
  try {
    return { name, appended: await log.append('orders', { lines: linesOf(name), idempotencyKey }) };
  } catch (thrown) {
    if (thrown instanceof HeliosError) return { name, appended: thrown };
    throw thrown;
  }
}

function linesOf(name: string): Uint8Array[] {
  return [line(`${name}:1of2`), line(`${name}:2of2`)];
}

/** Which requests are in the log; each must be whole and in one place. */
async function storedNames(log: EventLog): Promise<string[]> {
  const names: string[] = [];
  for (const partition of [0, 1]) {
    const lines = await readLines(log, 'orders', { partition });
    for (let at = 0; at < lines.length; at += 2) {
      const name = lines[at]!.slice(0, -':1of2'.length);
      expect(lines.slice(at, at + 2)).toEqual([`${name}:1of2`, `${name}:2of2`]);
      names.push(name);
    }
  }
  return names.toSorted();
}

const limits = { segmentBytes: 60, tailBytesMax: 0 };

async function prepared(): Promise<TrialLog> {
  const trial = await TrialLog.make();
  const log = await trial.open({ limits });
  await log.createStream({ name: 'orders', partitions: 2 });
  return trial;
}

async function changesOfWorkload(): Promise<number> {
  await using trial = await prepared();
  const files = new FaultyFiles();
  await workload(await trial.open({ files, limits }));
  return files.calls;
}

function acknowledged(answers: readonly Answer[]): string[] {
  const isStored = ({ appended }: Answer) => !(appended instanceof HeliosError);
  return answers.filter(isStored).map(({ name }) => name);
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

async function openWith(trial: TrialLog, files: FaultyFiles): Promise<EventLog | HeliosError> {
  try {
    return await trial.open({ files, limits });
  } catch (thrown) {
    if (thrown instanceof HeliosError) return thrown;
    throw thrown;
  }
}

test.each(['ENOSPC', 'EIO'] as const)(
  '%s at any one change loses nothing and stores nothing twice',
  async (code) => {
    const changes = await changesOfWorkload();
    expect(changes).toBeGreaterThan(20);
    for (let at = 1; at <= changes; at++) {
      await using trial = await prepared();
      const files = new FaultyFiles({ at, code, lasts: 'once' });
      const log = await openWith(trial, files);
      if (log instanceof HeliosError) {
        expect(log.code).toBe(code === 'ENOSPC' ? 'disk_full' : 'storage_failed');
        continue;
      }
      const answers = await workload(log);
      files.heal();
      for (const { appended } of answers) {
        if (!(appended instanceof HeliosError)) continue;
        expect(appended.code).toBe(code === 'ENOSPC' ? 'disk_full' : 'storage_failed');
      }
      expect(await storedNames(log)).toEqual(acknowledged(answers).toSorted());
      // The disk is well again: who was refused tries again with the same key.
      const retried: Answer[] = [];
      for (const { name, appended } of answers) {
        if (appended instanceof HeliosError) retried.push(await ask(log, name));
      }
      for (const { appended } of retried) expect(appended).toMatchObject({ isDuplicate: false });
      const all = answers.map(({ name }) => name).toSorted();
      expect(await storedNames(log)).toEqual(all);
      // As after a kill, and after a close.
      const afterKill = await trial.open({ limits });
      expect(await storedNames(afterKill)).toEqual(all);
      await afterKill.close();
      expect(await storedNames(await trial.open({ limits }))).toEqual(all);
    }
  },
);

/** The names of all requests that are stored after a death, recovery and another try. */
async function diesAt(
  fault: Fault,
  loses?: (files: FaultyFiles) => Promise<void>,
): Promise<readonly string[]> {
  await using trial = await prepared();
  const files = new FaultyFiles(fault);
  const log = await openWith(trial, files);
  const answers = log instanceof HeliosError ? [] : await workload(log);
  await loses?.(files);
  const again = await trial.open({ limits });
  const stored = await storedNames(again);
  expect(new Set(stored).size).toBe(stored.length);
  expect(stored).toEqual(expect.arrayContaining(acknowledged(answers)));
  // With its key, whoever got no answer sends again, and is stored once.
  const keyed = answers.filter(({ name }) => !name.endsWith('0'));
  for (const { name, appended } of keyed) {
    const answer = await ask(again, name);
    expect(answer.appended).toMatchObject({ isDuplicate: stored.includes(name) });
    if (!(appended instanceof HeliosError)) {
      expect(answer.appended).toEqual({ ...appended, isDuplicate: true });
    }
  }
  const all = new Set([...stored, ...keyed.map(({ name }) => name)]);
  expect(await storedNames(again)).toEqual([...all].toSorted());
  return [...all];
}

test('a process that dies at any change has lost nothing that it acknowledged', async () => {
  const changes = await changesOfWorkload();
  let storedMost = 0;
  for (let at = 1; at <= changes; at++) {
    const stored = await diesAt({ at, code: 'EIO', lasts: 'forever' });
    storedMost = Math.max(storedMost, stored.length);
  }
  expect(storedMost).toBeGreaterThan(9);
});

test('nor has a machine that loses its power, with what was not synced', async () => {
  let storedMost = 0;
  const changes = await changesOfWorkload();
  for (let at = 1; at <= changes; at++) {
    const random = seeded(at);
    const fault: Fault = { at, code: 'EIO', lasts: 'forever' };
    const stored = await diesAt(fault, async (files) => await files.loseUnsynced(random));
    storedMost = Math.max(storedMost, stored.length);
  }
  expect(storedMost).toBeGreaterThan(9);
});

test('what is read after a death is still there when the power fails next', async () => {
  const changes = await changesOfWorkload();
  for (let at = 1; at <= changes; at++) {
    await using trial = await prepared();
    const files = new FaultyFiles({ at, code: 'EIO', lasts: 'forever' });
    const log = await openWith(trial, files);
    if (!(log instanceof HeliosError)) await workload(log);
    files.heal();
    const seen = await storedNames(await trial.open({ files, limits }));
    await files.loseUnsynced(seeded(at));
    expect(await storedNames(await trial.open({ limits }))).toEqual(seen);
  }
});
