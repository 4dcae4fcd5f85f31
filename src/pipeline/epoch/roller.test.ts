import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { DeltaTable } from '../../delta/table.ts';
import { Engine } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import type { Schema } from '../../event/schema.ts';
import { DeltaSink } from '../../sink/delta/delta-sink.ts';
import type { RollOutcome, RollRequest } from '../../sink/sink.ts';
import type { RollingPolicy } from '../../sql/script.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import { LiveSink } from './live-sink.ts';
import type { StateGate } from '../state/state-gate.ts';
import { PartStore } from './part-store.ts';
import { Roller } from './roller.ts';

const schema: Schema = [{ name: 'id', type: { kind: 'integer', bits: 64, isUnsigned: false } }];
const never: RollingPolicy = {
  intervalMs: undefined,
  fileBytes: undefined,
  inactivityMs: undefined,
  onWatermark: false,
};

/** Does something between a roll's start and its work. */
class HeldSink extends DeltaSink {
  before: () => void = () => undefined;

  override async roll(request: RollRequest): Promise<RollOutcome> {
    this.before();
    return await super.roll(request);
  }
}

let directory: string;
let engine: Engine;
let table: DeltaTable;
let sink: HeldSink;
let parts: PartStore;
let live: LiveSink;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-roller-'));
  engine = await Engine.open({ threads: 1, memoryBytes: 2 ** 28, tempDirectory: directory });
  await mkdir(join(directory, 'table'));
  const storage = new FileStorage(join(directory, 'table'));
  const common = { engine, clock: systemClock };
  table = await DeltaTable.create(storage, {
    ...common,
    random: Math.random,
    temporaryFolder: directory,
    tableId: 't',
    schema,
    partitionColumns: [],
    configuration: {},
  });
  sink = new HeldSink({
    ...common,
    table,
    storage,
    connector: {
      kind: 'delta',
      path: 'table',
      storage: {},
      partitionFields: [],
      timePartitionPattern: undefined,
      rolling: never,
      naming: { prefix: undefined, suffix: undefined, strategy: 'uuid' },
      compression: 'zstd',
      rowGroupBytes: undefined,
    },
    schema,
    timeColumn: undefined,
    stagingDirectory: join(directory, 'table', '_helios', 'staging'),
    onProblem: () => undefined,
  });
  parts = new PartStore(join(directory, 'parts'));
  await parts.open();
  const nothing = {
    rowsOut: 0,
    parts: [],
    fileBytes: null,
    rolledEpoch: null,
    skip: null,
    start: {},
  };
  live = new LiveSink(
    sink,
    { ...nothing, id: 'p/s', table: 'sunk', tableId: 't', sinceEpoch: 0, newestAtMs: 0 },
    [],
  );
});

afterEach(async () => {
  engine.close();
  await rm(directory, { recursive: true, force: true });
});

function rollerWith(policy: RollingPolicy, gate?: StateGate): Roller {
  return new Roller({
    engine,
    parts,
    sinks: [live],
    policies: new Map([['sunk', policy]]),
    clock: systemClock,
    incarnation: 'abcdefgh-rest',
    note: () => ({ pipeline: 'p' }),
    gate,
  });
}

/** An epoch of one row, whose id is the epoch. */
async function publish(epoch: number): Promise<void> {
  const name = `${epoch}.parquet`;
  const path = parts.path(name);
  await using connection = await engine.connect();
  await connection.execute(
    `COPY (SELECT ${epoch}::BIGINT AS id) TO ${quoteText(path)} (${sink.copyOptions})`,
  );
  const file = { byteLength: 100, statsJson: undefined, newestAtMs: epoch };
  const part = { name, path, firstEpoch: epoch, lastEpoch: epoch, rowCount: 1, ...file };
  makeTrue(epoch, part);
}

/** What the runner does with a manifest. */
function makeTrue(epoch: number, part: Parameters<LiveSink['publish']>[0]['part']): void {
  const step = { part, rowCount: part === undefined ? 0 : 1, fileBytes: undefined };
  parts.retire(live.publish(step, live.pendingMerge, { epoch, nowMs: epoch }));
}

async function idsInTable(): Promise<readonly number[]> {
  const paths = table.snapshot().files.map(({ path }) => quoteText(join(directory, 'table', path)));
  if (paths.length === 0) return [];
  await using connection = await engine.connect();
  const rows = await connection.rows(
    `SELECT id FROM read_parquet([${paths.join(', ')}]) ORDER BY id`,
  );
  return rows.map((row) => Number(row['id']));
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

test('sixteen small parts become one with the next manifest, and the table has each row once', async () => {
  const roller = rollerWith(never);
  for (const epoch of upTo(16)) await publish(epoch);
  roller.startDue(16);
  await roller.settle();
  expect(live.parts).toHaveLength(16);
  await publish(17);
  expect(live.parts.map(({ firstEpoch, lastEpoch }) => [firstEpoch, lastEpoch])).toEqual([
    [1, 16],
    [17, 17],
  ]);
  expect((await readdir(parts.directory)).toSorted()).toEqual([
    '1-to-16-abcdefgh.parquet',
    '17.parquet',
  ]);
  await roller.rollAll(17);
  expect(await idsInTable()).toEqual(upTo(17));
  expect(await readdir(parts.directory)).toEqual([]);
});

test('a roll has its parts though a manifest puts a merged one in their place meanwhile', async () => {
  const roller = rollerWith(never);
  for (const epoch of upTo(16)) await publish(epoch);
  roller.startDue(16);
  await roller.settle();
  expect(live.pendingMerge).toBeDefined();
  sink.before = () => makeTrue(17, undefined);
  const eager = rollerWith({ ...never, fileBytes: 1 });
  eager.startDue(16);
  await eager.settle();
  eager.throwIfFailed();
  expect(await idsInTable()).toEqual(upTo(16));
  expect(live.parts).toEqual([]);
  expect(await readdir(parts.directory)).toEqual([]);
});

test('rolls when the time of the folder is over in which the first row came', async () => {
  const roller = rollerWith({ ...never, onWatermark: true, timePattern: '%Y' });
  await publish(1);
  live.firstHotAtMs = Date.UTC(9000);
  roller.startDue(1);
  await roller.settle();
  expect(await idsInTable()).toEqual([]);
  live.firstHotAtMs = Date.UTC(2001);
  roller.startDue(1);
  await roller.settle();
  roller.throwIfFailed();
  expect(await idsInTable()).toEqual([1]);
});

test('a roll that took effect though its answer was lost is not done again', async () => {
  for (const epoch of upTo(3)) await publish(epoch);
  await sink.roll({
    sinkId: live.id,
    parts: live.parts.slice(0, 2),
    from: undefined,
    to: 2,
    note: {},
    signal: new AbortController().signal,
  });
  await rollerWith(never).rollAll(3);
  expect(await idsInTable()).toEqual([1, 2, 3]);
  expect(live.rolledEpoch).toBe(3);
});

test('a table that somebody else took further stops the roll', async () => {
  await publish(1);
  const foreign = { sinkId: live.id, parts: live.parts, from: undefined, to: 9, note: {} };
  await sink.roll({ ...foreign, signal: new AbortController().signal });
  const rolled = rollerWith(never).rollAll(1);
  await expect(rolled).rejects.toMatchObject({ code: 'fenced' });
  await expect(rolled).rejects.toThrow(
    'The table sunk is at epoch 9 of this pipeline, which is at 1',
  );
});

/** A state of which a test says how far it is kept. */
class Gate implements StateGate {
  epoch: number | undefined;
  asked = 0;
  readonly keptEpoch = (): number | undefined => this.epoch;
  readonly keptSources = (): readonly [] => [];
  readonly ask = (): void => void this.asked++;
  readonly failingSinceMs = (): undefined => undefined;
  readonly keep = async (): Promise<void> => {
    this.epoch = live.publishedEpoch;
  };
}

test('only what is kept is rolled: a due sink asks once, and waits', async () => {
  const gate = new Gate();
  const roller = rollerWith({ ...never, fileBytes: 200 }, gate);
  const look = async (epoch: number): Promise<readonly number[]> => {
    roller.startDue(epoch);
    await roller.settle();
    roller.throwIfFailed();
    return await idsInTable();
  };
  await publish(1);
  expect([await look(1), gate.asked]).toEqual([[], 0]);
  await publish(2);
  expect([await look(2), gate.asked]).toEqual([[], 1]);
  await publish(3);
  gate.epoch = 1;
  expect([await look(3), gate.asked]).toEqual([[], 1]);
  gate.epoch = 2;
  expect(await look(3)).toEqual([1, 2]);
  expect(live.parts.map(({ lastEpoch }) => lastEpoch)).toEqual([3]);
  await roller.rollAll(3);
  expect(await idsInTable()).toEqual([1, 2, 3]);
});

test('a roll ends before a part, or a merge to come, that reaches past what is kept', async () => {
  const gate = new Gate();
  const merging = rollerWith(never, gate);
  for (const epoch of upTo(16)) await publish(epoch);
  merging.startDue(16);
  await merging.settle();
  expect(live.pendingMerge?.merged).toMatchObject({ firstEpoch: 1, lastEpoch: 16 });
  expect([live.edgeBefore(10), live.edgeBefore(16)]).toEqual([0, 16]);
  await publish(17);
  await publish(18);
  expect([live.edgeBefore(10), live.edgeBefore(17), live.edgeBefore(99)]).toEqual([0, 17, 99]);
  gate.epoch = 17;
  const eager = rollerWith({ ...never, fileBytes: 1 }, gate);
  eager.startDue(17);
  await eager.settle();
  expect(await idsInTable()).toEqual(upTo(17));
});

test('parts that were taken over are rolled soon, and not merged before that', async () => {
  const gate = new Gate();
  const roller = rollerWith(never, gate);
  for (const epoch of upTo(16)) await publish(epoch);
  live.sealedEpoch = 16;
  roller.startDue(16);
  await roller.settle();
  expect([live.pendingMerge, gate.asked]).toEqual([undefined, 1]);
  gate.epoch = 16;
  roller.startDue(16);
  await roller.settle();
  expect([await idsInTable(), live.isSealed]).toEqual([upTo(16), false]);
});
