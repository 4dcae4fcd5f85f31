import { rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { HeliosError } from '../../base/errors.ts';
import type { EventLog } from '../event-log.ts';
import { line, readLines, TrialLog } from '../trial-log.conformance.ts';
import { FaultyStorage, ImpatientClock } from './faulty-storage.conformance.ts';
import type { PutFault } from './faulty-storage.conformance.ts';

const limits = { segmentBytes: 300, tailBytesMax: 0 };
const minuteMs = 60_000;

type Machine = AsyncDisposable & { readonly trial: TrialLog; readonly log: EventLog };

/** A machine of its own with an empty disk, or the disk of `disk`. */
async function machine(
  storage: FaultyStorage,
  options: { readonly disk?: TrialLog; readonly onProblem?: (problem: HeliosError) => void } = {},
): Promise<Machine> {
  const trial = options.disk ?? (await TrialLog.make(new ImpatientClock()));
  const mirror = { storage, intervalMs: 0, random: () => 0.5 };
  const { onProblem } = options;
  const log = await trial.open({ limits, mirror, onProblem });
  return { trial, log, [Symbol.asyncDispose]: async () => await trial[Symbol.asyncDispose]() };
}

async function send(log: EventLog, name: string): Promise<unknown> {
  return await log.append('orders', { lines: [line(name)], idempotencyKey: name });
}

async function sendUntilOk(log: EventLog, name: string): Promise<void> {
  while ((await codeOf(send(log, name))) !== 'ok') await setImmediate();
}

async function allLines(log: EventLog): Promise<string[]> {
  const { partitions } = log.getStream('orders');
  const lines = partitions.map(
    async (_, partition) => await readLines(log, 'orders', { partition }),
  );
  return (await Promise.all(lines)).flat();
}

/** What comes of something, as far as it can be told. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'ok',
    (thrown: HeliosError) => thrown.code,
  );
}

function objectsOf(paths: readonly string[]): string[] {
  return paths.filter((path) => path.startsWith('events/orders/')).map((path) => path.slice(-20));
}

describe('an empty disk', () => {
  test('gets streams, events, keys and holds from the store', async () => {
    const storage = new FaultyStorage();
    await using first = await machine(storage);
    await first.log.createStream({ name: 'orders', partitions: 2, retentionMs: 5_000_000 });
    await first.log.createStream({ name: 'empty' });
    const names = Array.from({ length: 40 }, (_, number) => `order ${number}`);
    for (const name of names.slice(0, 20)) await send(first.log, name);
    const [answer] = await Promise.all(names.slice(20).map((name) => send(first.log, name)));
    await first.log.alterStream({ name: 'orders', partitions: 3 });
    await send(first.log, 'the last');
    await first.log.setHold('orders', 'reader', new Map([[0, 9]]));
    const before = first.log.getStream('orders');

    await using second = await machine(storage);
    const after = second.log.getStream('orders');
    expect(after).toEqual(before);
    expect((await allLines(second.log)).toSorted()).toEqual([...names, 'the last'].toSorted());
    expect(await allLines(second.log)).toEqual(await allLines(first.log));
    expect(await send(second.log, 'order 20')).toEqual({
      ...(answer as object),
      isDuplicate: true,
    });
    expect(second.log.getHold('orders', 'reader')).toEqual(new Map([[0, 9]]));
    expect(second.log.getStream('empty').bytes).toBe(0);
    await send(second.log, 'one more');
    await using third = await machine(storage);
    expect(await allLines(third.log)).toContain('one more');
  });

  test('goes on where a restore was cut off', async () => {
    const storage = new FaultyStorage();
    await using first = await machine(storage);
    await first.log.createStream({ name: 'orders' });
    for (let number = 0; number < 8; number++) await send(first.log, `order ${number}`);
    await using second = await machine(storage);
    await second.log.close();
    for (let number = 8; number < 16; number++) await send(first.log, `order ${number}`);
    // A disk that has the beginning takes in the rest.
    await using again = await machine(storage, { disk: second.trial });
    expect(await allLines(again.log)).toEqual(await allLines(first.log));
    expect(await send(again.log, 'order 12')).toMatchObject({ isDuplicate: true });
  });

  test('is told which object is missing, and changes nothing', async () => {
    const storage = new FaultyStorage();
    await using first = await machine(storage);
    await first.log.createStream({ name: 'orders' });
    for (let number = 0; number < 4; number++) await send(first.log, `order ${number}`);
    const [, second] = await storage.paths('events/orders/');
    await storage.delete(second ?? '');
    await expect(machine(storage)).rejects.toMatchObject({
      code: 'corrupt_data',
      message: expect.stringContaining('none that holds it'),
    });
  });

  test('takes nothing that is not what was put', async () => {
    const storage = new FaultyStorage();
    await using first = await machine(storage);
    await first.log.createStream({ name: 'orders' });
    await send(first.log, 'order');
    const [path = ''] = await storage.paths('events/orders/');
    const bytes = await storage.read(path);
    for (let at = 0; at < bytes.length; at += 7) {
      const flipped = Uint8Array.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 4;
      await storage.put(path, flipped);
      await expect(machine(storage)).rejects.toMatchObject({ code: 'corrupt_data' });
    }
  });
});

describe('an acknowledgement', () => {
  test.each<PutFault>(['refused', 'lost'])(
    'comes only when all before it is in the store, though any put is %s',
    async (fault) => {
      for (let at = 1; at <= 8; at++) {
        const storage = new FaultyStorage();
        await using first = await machine(storage);
        await first.log.createStream({ name: 'orders', partitions: 2 });
        storage.faultAt = (put) => (put === at ? fault : undefined);
        const names = Array.from({ length: 12 }, (_, number) => `order ${number}`);
        const acknowledged: string[] = [];
        for (let from = 0; from < names.length; from += 3) {
          const some = names.slice(from, from + 3);
          const codes = await Promise.all(some.map((name) => codeOf(send(first.log, name))));
          for (const [number, code] of codes.entries()) {
            expect(['ok', 'unavailable']).toContain(code);
            if (code === 'ok') acknowledged.push(some[number] ?? '');
          }
          await using other = await machine(storage);
          const there = await allLines(other.log);
          expect(there).toEqual(expect.arrayContaining(acknowledged));
          expect(new Set(there).size).toBe(there.length);
        }
        // Who was refused sends again with the same key, until it is told.
        for (const name of names) {
          await sendUntilOk(first.log, name);
        }
        await using last = await machine(storage);
        expect((await allLines(last.log)).toSorted()).toEqual(names.toSorted());
      }
    },
  );

  test('is refused while the store is away, and nobody reads what is not in it', async () => {
    const storage = new FaultyStorage();
    const problems: HeliosError[] = [];
    await using first = await machine(storage, { onProblem: (problem) => problems.push(problem) });
    await first.log.createStream({ name: 'orders' });
    await send(first.log, 'before');
    let isAway = true;
    storage.faultAt = () => (isAway ? 'refused' : undefined);
    const written = send(first.log, 'written');
    await storage.nextPut();
    const waiting = send(first.log, 'waiting');
    await expect(written).rejects.toMatchObject({
      code: 'unavailable',
      details: { may_be_stored: true },
    });
    const nothing = { code: 'unavailable', details: { may_be_stored: false } };
    await expect(waiting).rejects.toMatchObject(nothing);
    await expect(send(first.log, 'later')).rejects.toMatchObject(nothing);
    // The same key can't be said to be stored or not.
    await expect(send(first.log, 'written')).rejects.toMatchObject({
      details: { may_be_stored: true },
    });
    expect(await allLines(first.log)).toEqual(['before']);
    expect(problems).toMatchObject([{ code: 'unavailable' }]);
    isAway = false;
    await sendUntilOk(first.log, 'written');
    expect(await send(first.log, 'written')).toMatchObject({ isDuplicate: true });
    await send(first.log, 'after');
    expect(await allLines(first.log)).toEqual(['before', 'written', 'after']);
  });

  test.each<PutFault>(['refused', 'lost', 'hangs'])(
    'that never came: what the disk has is put at the next start (%s)',
    async (fault) => {
      const storage = new FaultyStorage();
      await using first = await machine(storage);
      await first.log.createStream({ name: 'orders' });
      await send(first.log, 'before');
      storage.faultAt = () => fault;
      void codeOf(send(first.log, 'written'));
      await storage.nextPut();
      storage.faultAt = () => undefined;
      // As after a kill: nobody closed the log that wrote.
      await using again = await machine(storage, { disk: first.trial });
      expect(await allLines(again.log)).toEqual(['before', 'written']);
      expect(await send(again.log, 'written')).toMatchObject({ isDuplicate: true });
      await using other = await machine(storage);
      expect(await allLines(other.log)).toEqual(['before', 'written']);
      storage.letGo();
    },
  );

  test('does not keep a log from closing, or a stream from being deleted', async () => {
    const storage = new FaultyStorage();
    await using first = await machine(storage);
    await first.log.createStream({ name: 'orders' });
    await first.log.createStream({ name: 'clicks' });
    storage.faultAt = () => 'refused';
    const both = [codeOf(send(first.log, 'order'))];
    both.push(codeOf(first.log.append('clicks', { lines: [line('click')] })));
    expect(await Promise.all(both)).toEqual(['unavailable', 'unavailable']);
    await first.log.deleteStream('clicks', { isForced: false });
    await first.log.close();
    storage.faultAt = () => undefined;
    await using again = await machine(storage, { disk: first.trial });
    expect(await allLines(again.log)).toEqual(['order']);
    expect(again.log.listStreams().map(({ name }) => name)).toEqual(['events', 'orders']);
    expect(await storage.paths('events/clicks/')).toEqual([]);
  });

  test('waits for one put, and then for one with all that gathered', async () => {
    const storage = new FaultyStorage();
    await using first = await machine(storage);
    await first.log.createStream({ name: 'orders' });
    const names = Array.from({ length: 50 }, (_, number) => `order ${number}`);
    const asked = storage.nextPut();
    const one = send(first.log, 'first');
    await asked;
    await Promise.all([one, ...names.map((name) => send(first.log, name))]);
    expect(objectsOf(await storage.paths())).toHaveLength(2);
  });
});

describe('two machines', () => {
  test('the one that comes late to an offset is told, and stores nothing', async () => {
    const storage = new FaultyStorage();
    const problems: HeliosError[] = [];
    await using first = await machine(storage, { onProblem: (problem) => problems.push(problem) });
    await first.log.createStream({ name: 'orders' });
    await send(first.log, 'both');
    await using second = await machine(storage);
    await send(second.log, 'second');
    for (const name of ['first', 'first', 'other']) {
      await expect(send(first.log, name)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('Another Helios writes this stream'),
        details: { is_fenced: true },
      });
    }
    expect(problems).toMatchObject([{ code: 'fenced' }]);
    await send(second.log, 'second again');
    // What it wrote and never acknowledged gives way when it starts again.
    await first.log.close();
    await using again = await machine(storage, {
      disk: first.trial,
      onProblem: (problem) => problems.push(problem),
    });
    expect(await allLines(again.log)).toEqual(['both', 'second', 'second again']);
    expect(problems.at(-1)?.message).toContain('6 bytes at its end');
    await send(again.log, 'first');
    expect(await allLines(again.log)).toHaveLength(4);
  });

  test('one that slept long finds what others have put and merged', async () => {
    const storage = new FaultyStorage();
    await using first = await machine(storage);
    await first.log.createStream({ name: 'orders' });
    await send(first.log, 'both');
    await using second = await machine(storage);
    await send(second.log, 'gone');
    await send(second.log, 'newest');
    const [, gone = ''] = await storage.paths('events/orders/');
    const merged = gone.replace(/(\d+)$/, 'merged/$1-00000000000000000010');
    await storage.put(merged, await storage.read(gone));
    await storage.delete(gone);
    first.trial.clock.advance(31 * minuteMs);
    await expect(send(first.log, 'first')).rejects.toMatchObject({ details: { is_fenced: true } });
  });

  test('events that only one disk has and another went on without are not cut', async () => {
    const storage = new FaultyStorage();
    await using first = await machine(storage);
    await first.log.createStream({ name: 'orders' });
    await send(first.log, 'both');
    await first.log.close();
    await using second = await machine(storage);
    await send(second.log, 'second');
    const alone = await first.trial.open({ limits });
    for (const name of ['alone', 'alone too']) await send(alone, name);
    await alone.close();
    await expect(machine(storage, { disk: first.trial })).rejects.toMatchObject({
      code: 'fenced',
      message: expect.stringContaining('hold different events after offset 5'),
    });
  });

  test('another log of the same name is not taken for this one', async () => {
    const storage = new FaultyStorage();
    await using first = await machine(storage);
    await first.log.append('events', { lines: [line('first')] });
    await using other = await TrialLog.make(new ImpatientClock()).then(async (trial) => {
      const log = await trial.open({ limits });
      await log.append('events', { lines: [line('other')] });
      await log.close();
      return trial;
    });
    await expect(machine(storage, { disk: other })).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('the store of a log', () => {
  test('gets all that a disk had before', async () => {
    await using trial = await TrialLog.make(new ImpatientClock());
    const alone = await trial.open({ limits });
    await alone.createStream({ name: 'orders', partitions: 2 });
    for (let number = 0; number < 30; number++) await send(alone, `order ${number}`);
    await alone.close();
    const storage = new FaultyStorage();
    await using first = await machine(storage, { disk: trial });
    const lines = await allLines(first.log);
    await using second = await machine(storage);
    expect(await allLines(second.log)).toEqual(lines);
    expect(await send(second.log, 'order 3')).toMatchObject({ isDuplicate: true });
  });

  test('has few objects of many, and none that retention has let go', async () => {
    const clock = new ImpatientClock();
    const storage = new FaultyStorage({ clock });
    await using trial = await TrialLog.make(clock);
    const mirror = { storage, intervalMs: 0, random: () => 0.5 };
    const log = await trial.open({ limits, mirror });
    await log.createStream({ name: 'orders', retentionMs: 30 * 60 * minuteMs });
    for (let number = 0; number < 40; number++) await send(log, `order ${number}`);
    clock.advance(2 * 60 * minuteMs);
    await send(log, 'two hours later');
    const before = await allLines(log);
    await log.enforceRetention();
    const paths = await storage.paths('events/orders/');
    expect(paths).toHaveLength(2);
    expect(paths[1]).toContain('/merged/00000000000000000000-');
    await using second = await machine(storage);
    expect(await allLines(second.log)).toEqual(before);

    clock.advance(40 * 60 * minuteMs);
    await send(log, 'two days later');
    for (const _ of [1, 2, 3]) {
      await log.enforceRetention();
      clock.advance(61 * minuteMs);
    }
    await send(log, 'newest');
    await log.enforceRetention();
    expect(await allLines(log)).toEqual(['two days later', 'newest']);
    expect(objectsOf(await storage.paths())).toHaveLength(2);
    await using third = await machine(storage);
    expect(await allLines(third.log)).toEqual(['two days later', 'newest']);
  });

  test('forgets a stream that is deleted, also for a disk that still has it', async () => {
    const storage = new FaultyStorage();
    await using first = await machine(storage);
    await first.log.createStream({ name: 'orders' });
    await send(first.log, 'old');
    await using second = await machine(storage);
    await second.log.close();
    await first.log.deleteStream('orders', { isForced: false });
    await first.log.createStream({ name: 'orders' });
    await send(first.log, 'new');
    await first.log.close();
    await rm(`${second.trial.directory}/log/orders`, { recursive: true });
    await using again = await machine(storage, { disk: second.trial });
    expect(await allLines(again.log)).toEqual(['new']);
    expect(objectsOf(await storage.paths())).toHaveLength(1);
  });
});
