import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Dataflow } from '../dataflow/dataflow.ts';
import { counting, look, minuteUs, Trial, TrialPlace } from './testing/trial.ts';

let place: TrialPlace;

beforeEach(async () => {
  place = await TrialPlace.open();
});

afterEach(async () => {
  await place[Symbol.asyncDispose]();
});

async function open(dataflow: Dataflow): Promise<Trial> {
  return await Trial.open(place, dataflow);
}

const tumbling = counting({ kind: 'tumble', widthUs: minuteUs });

test('the slowest partition that is not idle holds windows open', async () => {
  const trial = await open(tumbling);
  expect(await trial.epoch({ p: [{ at: 61, k: 'a' }], q: [{ at: 5, k: 'a' }] })).toEqual([]);
  expect(trial.work.isDue(29_999)).toBe(false);
  // Both are quiet: nobody waits, and nothing moves.
  for (const partition of ['p', 'q']) {
    trial.work.noteRead('events', partition, look({ hasRecords: false, nowMs: 30_000 }));
  }
  expect(trial.work.isDue(30_000)).toBe(false);
  expect(await trial.epoch({ p: [{ at: 62, k: 'a' }] }, { nowMs: 31_000 })).toEqual(['0-60 a:1:1']);
  expect(await trial.epoch({ q: [{ at: 6, k: 'a' }] }, { nowMs: 31_000 })).toEqual([]);
  expect(trial.stream?.nodes[0]?.lateRows).toBe(1);
  expect(trial.stream?.sources[0]?.partitions).toEqual({
    p: { watermark: '62000000', isIdle: false },
    q: { watermark: '6000000', isIdle: false },
  });
});

test('a partition that appears later is waited for, and one that is silent for hours is not', async () => {
  let trial = await open(tumbling);
  expect(await trial.epoch({ p: [{ at: 5, k: 'a' }] })).toEqual([]);
  // It is there, and has said nothing yet.
  trial.work.noteRead('events', 'new', look({ hasRecords: false, nowMs: 1000 }));
  expect(await trial.epoch({ p: [{ at: 70, k: 'a' }] }, { nowMs: 1000 })).toEqual([]);
  expect(await trial.epoch({ new: [{ at: 6, k: 'n' }] }, { nowMs: 2000 })).toEqual([]);
  expect(await trial.epoch({ new: [{ at: 61, k: 'n' }] }, { nowMs: 3000 })).toEqual([
    '0-60 a:1:1',
    '0-60 n:1:1',
  ]);
  trial = await trial.crashed(tumbling);
  const hours = 5 * 3_600_000;
  for (const nowMs of [0, hours]) {
    trial.work.noteRead('events', 'new', look({ hasRecords: false, nowMs }));
    trial.work.noteRead('events', 'p', look({ hasRecords: true, nowMs }));
  }
  expect(trial.work.isDue(hours)).toBe(true);
  expect(await trial.epoch({ p: [{ at: 190, k: 'p' }] }, { nowMs: hours })).toEqual([
    '60-120 a:1:1',
    '60-120 n:1:1',
  ]);
  expect(trial.stream?.sources[0]?.partitions['new']).toEqual({
    watermark: '61000000',
    isIdle: true,
  });
  // It speaks again: what it says of the past is late, and it is waited for.
  expect(await trial.epoch({ new: [{ at: 62, k: 'n' }] }, { nowMs: hours })).toEqual([]);
  expect(await trial.epoch({ p: [{ at: 400, k: 'p' }] }, { nowMs: hours })).toEqual([]);
  expect(trial.stream?.nodes[0]).toMatchObject({ lateRows: 1, watermark: '190000000' });
});

test('a source without event time goes by when its batches came', async () => {
  const dataflow: Dataflow = {
    ...tumbling,
    sources: [{ name: 'events', kind: 'arrival', idleMs: 30_000 }],
  };
  const trial = await open(dataflow);
  // What the records say themselves is nobody's business.
  expect(await trial.epoch({ p: [{ at: 5, k: 'a' }], q: [{ at: 9e9, k: 'a' }] })).toEqual([]);
  expect(trial.stream?.nodes[0]).toMatchObject({ lateRows: 0, watermark: '1000000000000000' });
  expect(await trial.epoch({}, { isEnd: true })).toEqual(['999999960-1000000020 a:2:2']);
});

test('events of 1969 and of the year 9999 are in windows of theirs', async () => {
  const trial = await open(tumbling);
  const last = 253_402_300_799;
  const first = [
    { at: -0.000001, k: 'a' },
    { at: 0, k: 'a' },
    { at: last + 0.5, k: 'z' },
  ];
  expect(await trial.epoch({ p: first })).toEqual(['-60-0 a:1:1']);
  expect(trial.stream?.sources[0]?.aheadCount).toBe(1);
  expect(await trial.epoch({}, { isEnd: true })).toEqual([
    '0-60 a:1:1',
    `${last - 59}-${last + 1} z:1:1`,
  ]);
});

test('a watermark too far ahead of the clock is not believed, and counted', async () => {
  const trial = await open(tumbling);
  const soon = 1_000_000_000 + 24 * 3600;
  expect(
    await trial.epoch({
      p: [
        { at: 5, k: 'a' },
        { at: soon + 1, k: 'b' },
      ],
    }),
  ).toEqual([]);
  expect(trial.stream?.sources[0]?.aheadCount).toBe(1);
  expect(await trial.epoch({ p: [{ at: soon, k: 'c' }] })).toEqual(['0-60 a:1:1']);
});
