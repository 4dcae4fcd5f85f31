import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Connection, Engine } from '../../engine/engine.ts';
import type { Dataflow, WindowNode, WindowShape } from '../dataflow/dataflow.ts';
import { PartStore } from '../epoch/part-store.ts';
import type { Plan } from '../plan/plan.ts';
import { planScript } from '../plan/planner.ts';
import { DataflowWork } from './dataflow-work.ts';
import type { ManifestStream } from './manifest-stream.ts';
import { StateMerger } from './state-merger.ts';

let directory: string;
let engine: Engine;
let plan: Plan;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-stream-'));
  engine = await Engine.open({ threads: 2, memoryBytes: 2 ** 28, tempDirectory: directory });
  await using connection = await engine.connect();
  const planned = await planScript(
    `CREATE TABLE events (at TIMESTAMP, k TEXT, v BIGINT)
      WITH (connector = 'http', format = 'json', type = 'source', stream = 'events');
    CREATE TABLE sunk WITH (connector = 'delta', path = 'sunk', type = 'sink');
    INSERT INTO sunk SELECT * FROM events;`,
    connection,
  );
  if (planned.kind === 'errors') throw new Error(planned.errors[0]?.message);
  plan = planned.plan;
});

afterEach(async () => {
  engine.close();
  await rm(directory, { recursive: true });
});

const minuteUs = 60_000_000n;
const text = { kind: 'text' } as const;
const huge = { kind: 'decimal', precision: 38, scale: 0 } as const;

/** Counts by key, and sums values; of windows of this shape. */
function counting(shape: WindowShape, isMerged = true): Dataflow {
  const merge = isMerged ? ('sum' as const) : undefined;
  const node: WindowNode = {
    kind: 'window',
    name: '__w0',
    shape,
    intake: { text: 'SELECT k, 1 AS n, v::HUGEINT AS v, __time FROM events', reads: ['events'] },
    keys: [{ name: 'k', type: text, typeText: 'VARCHAR' }],
    values: [
      { name: 'n', type: huge, typeText: 'HUGEINT', merge },
      { name: 'v', type: huge, typeText: 'HUGEINT', merge },
    ],
    result: {
      text: `SELECT k, sum(n) AS n, sum(v) AS v, __window."end" - INTERVAL 1 MICROSECOND AS __time,
        __window FROM __rows GROUP BY k, __window`,
      reads: ['__rows'],
    },
    waitsFor: ['events'],
    label: 'counts',
  };
  return {
    sources: [{ name: 'events', kind: 'column', time: '"at"', watermark: '"at"', idleMs: 30_000 }],
    nodes: [node],
    outputs: [
      {
        table: 'sunk',
        sql: {
          text: 'SELECT epoch_us(__window."start") AS s, epoch_us(__window."end") AS e, k, n, v FROM __w0',
          reads: ['__w0'],
        },
      },
    ],
  };
}

type Event = { readonly at: number; readonly k: string | null; readonly v?: bigint };

/** Dataflow work over a connection of its own, which a crash takes away with its memory. */
class Trial {
  readonly work: DataflowWork;
  readonly #connection: Connection;
  #epoch = 0;
  readonly merger: StateMerger;
  stream: ManifestStream | undefined;

  private constructor(work: DataflowWork, connection: Connection, stream?: ManifestStream) {
    this.work = work;
    const parts = new PartStore(join(directory, 'parts'));
    const streaming = work;
    this.merger = new StateMerger({ engine, parts, incarnation: 'incarnation', streaming });
    this.#connection = connection;
    this.stream = stream;
  }

  static async open(dataflow: Dataflow, stream?: ManifestStream): Promise<Trial> {
    const connection = await engine.connect();
    const parts = new PartStore(join(directory, 'parts'));
    await parts.open();
    const incarnation = 'incarnation';
    const work = new DataflowWork({ connection, plan, dataflow, parts, incarnation });
    await work.open(stream);
    const trial = new Trial(work, connection, stream);
    trial.#epoch = stream?.nodes.flatMap(({ parts: some }) => some).at(-1)?.lastEpoch ?? 0;
    return trial;
  }

  /** Seconds since 1970 of events, by partition; gives the windows as `start-end k:n:v`. */
  async epoch(
    events: Readonly<Record<string, readonly Event[] | string>>,
    { nowMs = 0, isEnd = false, isLost = false } = {},
  ): Promise<readonly string[]> {
    const rows = Object.entries(events).map(([partition, some]) => ({
      partition,
      arrivedAtMs: 1_000_000_000_000,
      select: typeof some === 'string' ? some : selectOf(some),
    }));
    for (const { partition } of rows) {
      this.work.noteRead('events', partition, look({ hasRecords: true, nowMs }));
    }
    const said = isEnd ? ('end' as const) : ('records' as const);
    const step = await this.work.take({
      rows: new Map([['events', rows]]),
      said,
      nowMs,
      atMs: nowMs,
    });
    const select = step.output(0, '*');
    const found = select === undefined ? [] : await this.#connection.rows(select);
    await step.writeParts(++this.#epoch);
    this.merger.startDue();
    await this.merger.settle();
    this.merger.throwIfFailed();
    if (!isLost) {
      this.stream = step.manifest();
      await step.publish(this.stream);
    }
    return found
      .map((row) => {
        const [start, end] = [Number(row['s']) / 1e6, Number(row['e']) / 1e6];
        return `${start}-${end} ${String(row['k'])}:${String(row['n'])}:${String(row['v'])}`;
      })
      .toSorted();
  }

  /** The same state in another process. */
  async crashed(dataflow: Dataflow): Promise<Trial> {
    this.#connection.close();
    return await Trial.open(dataflow, this.stream);
  }
}

function look(of: { readonly hasRecords: boolean; readonly nowMs: number }): {
  readonly hasRecords: boolean;
  readonly isDrained: boolean;
  readonly isEnded: boolean;
  readonly nowMs: number;
} {
  return { isDrained: !of.hasRecords, isEnded: false, ...of };
}

function selectOf(events: readonly Event[]): string {
  const rows = events.map(
    ({ at, k, v = 1n }) =>
      `(make_timestamptz(${Math.round(at * 1e6)}), ${k === null ? 'NULL' : `'${k}'`}, ${v})`,
  );
  return `SELECT a::TIMESTAMPTZ AS "at", k::VARCHAR AS k, v::BIGINT AS v
    FROM (VALUES ${rows.join(', ')}) AS t(a, k, v)`;
}

const tumbling = counting({ kind: 'tumble', widthUs: minuteUs });

test.each([true, false])('tumbling windows, merged: %s', async (isMerged) => {
  const dataflow = counting({ kind: 'tumble', widthUs: minuteUs }, isMerged);
  let trial = await Trial.open(dataflow);
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
  expect(await readdir(join(directory, 'parts'))).toEqual([]);
});

test('sums of 128 bits go through a part', async () => {
  let trial = await Trial.open(tumbling);
  const v = 2n ** 62n + 1n;
  await trial.epoch({ p: [1, 2, 3, 4].map((at) => ({ at, k: 'a', v })) });
  trial = await trial.crashed(tumbling);
  expect(await trial.epoch({}, { isEnd: true })).toEqual([`0-60 a:4:${4n * v}`]);
});

test.each([true, false])('hopping windows, merged: %s', async (isMerged) => {
  const shape = { kind: 'hop', widthUs: minuteUs, slideUs: minuteUs / 3n } as const;
  const dataflow = counting(shape, isMerged);
  let trial = await Trial.open(dataflow);
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

test.each([true, false])('sessions, merged: %s', async (isMerged) => {
  const dataflow = counting({ kind: 'session', gapUs: 10_000_000n }, isMerged);
  let trial = await Trial.open(dataflow);
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

test('the slowest partition that is not idle holds windows open', async () => {
  const trial = await Trial.open(tumbling);
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

test('a watermark too far ahead of the clock is not believed, and counted', async () => {
  const trial = await Trial.open(tumbling);
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

test.each(['tumble', 'session'] as const)('parts of %s windows are merged', async (kind) => {
  const shape =
    kind === 'tumble'
      ? { kind, widthUs: 60n * minuteUs }
      : ({ kind, gapUs: 30n * minuteUs } as const);
  const dataflow = counting(shape);
  let trial = await Trial.open(dataflow);
  for (let index = 0; index < 40; index++) {
    await trial.epoch({ p: [{ at: index * 10, k: 'a' }] });
    if (index % 13 === 12) trial = await trial.crashed(dataflow);
  }
  const { parts = [] } = trial.stream?.nodes[0] ?? {};
  expect(parts.length).toBeLessThan(20);
  const files = await readdir(join(directory, 'parts'));
  expect(files.toSorted()).toEqual(parts.map(({ name }) => name).toSorted());
  trial = await trial.crashed(dataflow);
  const end = kind === 'tumble' ? 3600 : 390 + 1800;
  expect(await trial.epoch({}, { isEnd: true })).toEqual([`0-${end} a:40:40`]);
});

test('parts that hold more than lives become one', async () => {
  const dataflow = counting({ kind: 'session', gapUs: minuteUs });
  let trial = await Trial.open(dataflow);
  const many = `SELECT make_timestamptz(0) AS "at", 'k' || i AS k, 1::BIGINT AS v
    FROM range(30_000) AS t(i)`;
  for (let count = 0; count < 4; count++) await trial.epoch({ p: many });
  expect(trial.stream?.nodes[0]?.parts.map(({ rowCount }) => rowCount)).toEqual([30_000, 30_000]);
  trial = await trial.crashed(dataflow);
  expect(await trial.epoch({ p: [{ at: 60, k: 'b' }] })).toHaveLength(30_000);
  trial = await trial.crashed(dataflow);
  expect(await trial.epoch({}, { isEnd: true })).toEqual(['60-120 b:1:1']);
});
