import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Dataflow } from '../dataflow/dataflow.ts';
import { counting, minuteUs, Trial, TrialPlace } from './testing/trial.ts';

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

test.each([true, false])('tumbling windows, merged: %s', async (isMerged) => {
  const dataflow = counting({ kind: 'tumble', widthUs: minuteUs }, isMerged);
  let trial = await open(dataflow);
  const first = [
    { at: 0, k: 'a' },
    { at: -0.5, k: 'b' },
    { at: 59.999999, k: 'a' },
  ];
  expect(await trial.epoch({ p: first })).toEqual(['-60-0 b:1:1']);
  // What an epoch that didn't become true took in is not there.
  await trial.epoch({ p: [{ at: 100, k: 'a' }] }, { isLost: true });
  trial = await trial.crashed(dataflow);
  expect(await trial.epoch({ p: [{ at: 60, k: null }] })).toEqual(['0-60 a:2:2']);
  expect(
    await trial.epoch({
      p: [
        { at: 59, k: 'late' },
        { at: 119, k: null },
      ],
    }),
  ).toEqual([]);
  trial = await trial.crashed(dataflow);
  expect(await trial.epoch({}, { isEnd: true })).toEqual(['60-120 null:2:2']);
  expect(trial.stream?.nodes[0]).toMatchObject({ lateRows: 1, parts: [], watermark: 'end' });
  expect(trial.work.isOver).toBe(true);
  expect(await readdir(join(place.directory, 'parts'))).toEqual([]);
});

test('sums of 128 bits go through a part', async () => {
  let trial = await open(tumbling);
  const v = 2n ** 62n + 1n;
  await trial.epoch({ p: [1, 2, 3, 4].map((at) => ({ at, k: 'a', v })) });
  trial = await trial.crashed(tumbling);
  expect(await trial.epoch({}, { isEnd: true })).toEqual([`0-60 a:4:${4n * v}`]);
});

test.each([true, false])('hopping windows, merged: %s', async (isMerged) => {
  const shape = { kind: 'hop', widthUs: minuteUs, slideUs: minuteUs / 3n } as const;
  const dataflow = counting(shape, isMerged);
  let trial = await open(dataflow);
  expect(
    await trial.epoch({
      p: [
        { at: 5, k: 'a' },
        { at: 21, k: 'a' },
      ],
    }),
  ).toEqual(['-40-20 a:1:1']);
  trial = await trial.crashed(dataflow);
  expect(
    await trial.epoch({
      p: [
        { at: 40, k: 'a' },
        { at: 19, k: 'late' },
      ],
    }),
  ).toEqual(['-20-40 a:2:2']);
  // Over many windows at once.
  expect(await trial.epoch({ p: [{ at: 1e9, k: 'b' }] })).toEqual([
    '0-60 a:3:3',
    '20-80 a:2:2',
    '40-100 a:1:1',
  ]);
  expect(await trial.epoch({}, { isEnd: true })).toHaveLength(3);
  expect(trial.stream?.nodes[0]?.lateRows).toBe(1);
});

test.each([true, false])(
  'a width that is no multiple of the slide, merged: %s',
  async (isMerged) => {
    const shape = { kind: 'hop', widthUs: minuteUs, slideUs: (minuteUs * 2n) / 3n } as const;
    const dataflow = counting(shape, isMerged);
    let trial = await open(dataflow);
    const first = [
      { at: -30, k: 'a' },
      { at: 25, k: 'a' },
      { at: 41, k: 'a' },
    ];
    expect(await trial.epoch({ p: first })).toEqual(['-40-20 a:1:1', '-80--20 a:1:1']);
    trial = await trial.crashed(dataflow);
    // The window from -40 is over, but one in which the row lies alone isn't.
    const second = [
      { at: 20, k: 'a' },
      { at: 19, k: 'late' },
      { at: 100, k: 'b' },
    ];
    expect(await trial.epoch({ p: second })).toEqual(['0-60 a:3:3', '40-100 a:1:1']);
    expect(await trial.epoch({}, { isEnd: true })).toEqual(['80-140 b:1:1']);
    expect(trial.stream?.nodes[0]?.lateRows).toBe(1);
  },
);

test.each([true, false])('sessions, merged: %s', async (isMerged) => {
  const dataflow = counting({ kind: 'session', gapUs: 10_000_000n }, isMerged);
  let trial = await open(dataflow);
  const first = [
    { at: 0, k: 'a' },
    { at: 9, k: 'a' },
    { at: 19, k: 'a' },
    { at: 3, k: null },
  ];
  expect(await trial.epoch({ p: first })).toEqual(['0-19 a:2:2', '3-13 null:1:1']);
  trial = await trial.crashed(dataflow);
  expect(
    await trial.epoch({
      p: [
        { at: 28, k: 'a' },
        { at: 20, k: 'b' },
      ],
    }),
  ).toEqual([]);
  expect(
    await trial.epoch({
      p: [
        { at: 30, k: 'c' },
        { at: 27, k: 'late' },
      ],
    }),
  ).toEqual(['20-30 b:1:1']);
  trial = await trial.crashed(dataflow);
  expect(
    await trial.epoch({
      p: [
        { at: 30, k: 'b' },
        { at: 40, k: 'd' },
      ],
    }),
  ).toEqual(['19-38 a:2:2', '30-40 b:1:1', '30-40 c:1:1']);
  expect(await trial.epoch({}, { isEnd: true })).toEqual(['40-50 d:1:1']);
  expect(trial.stream?.nodes[0]?.lateRows).toBe(1);
});

test.each(['tumble', 'session'] as const)('parts of %s windows are merged', async (kind) => {
  const shape =
    kind === 'tumble'
      ? { kind, widthUs: 60n * minuteUs }
      : ({ kind, gapUs: 30n * minuteUs } as const);
  const dataflow = counting(shape);
  let trial = await open(dataflow);
  for (let index = 0; index < 40; index++) {
    await trial.epoch({ p: [{ at: index * 10, k: 'a' }] });
    if (index % 13 === 12) trial = await trial.crashed(dataflow);
  }
  const { parts = [] } = trial.stream?.nodes[0] ?? {};
  expect(parts.length).toBeLessThan(20);
  const files = await readdir(join(place.directory, 'parts'));
  expect(files.toSorted()).toEqual(parts.map(({ name }) => name).toSorted());
  trial = await trial.crashed(dataflow);
  const end = kind === 'tumble' ? 3600 : 390 + 1800;
  expect(await trial.epoch({}, { isEnd: true })).toEqual([`0-${end} a:40:40`]);
});

test('parts that hold more than lives become one', async () => {
  const dataflow = counting({ kind: 'session', gapUs: minuteUs });
  let trial = await open(dataflow);
  const many = `SELECT make_timestamptz(0) AS "at", 'k' || i AS k, 1::BIGINT AS v
    FROM range(30_000) AS t(i)`;
  for (let count = 0; count < 4; count++) await trial.epoch({ p: many });
  expect(trial.stream?.nodes[0]?.parts.map(({ rowCount }) => rowCount)).toEqual([30_000, 30_000]);
  trial = await trial.crashed(dataflow);
  expect(await trial.epoch({ p: [{ at: 60, k: 'b' }] })).toHaveLength(30_000);
  trial = await trial.crashed(dataflow);
  expect(await trial.epoch({}, { isEnd: true })).toEqual(['60-120 b:1:1']);
});
