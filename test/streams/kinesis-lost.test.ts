import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createStream,
  openShards,
  splitShard,
  startKinesisLocal,
  type KinesisPeer,
} from '../peers/kinesis.ts';
import { MovedClock } from './kinesis-clock.ts';
import type { Call, Fault, FaultProxy } from './kinesis-fault-proxy.ts';
import {
  always,
  at,
  error,
  Faulty,
  first,
  lastOf,
  numbers,
  put,
  reached,
  readTo,
  type TestStream,
} from './kinesis-faulty.ts';
import { openSource, Reading, type ReadingOptions } from './kinesis-reading.ts';

const day = 24 * 3_600_000;

let peer: KinesisPeer;
let count = 0;
let on: TestStream;

beforeAll(async () => {
  peer = await startKinesisLocal();
});
afterAll(async () => {
  await peer[Symbol.asyncDispose]();
});
beforeEach(async () => {
  on = { peer, stream: `lost-${count++}` };
  await createStream(peer.client, on.stream, 1);
});

describe('records that are gone are never jumped over', () => {
  /** Answers of a stream that has dropped a position's record: nothing, a day behind, for ever. */
  const nothingForEver: Fault = {
    kind: 'answer',
    change: (right) => ({ ...right, Records: [], MillisBehindLatest: day }),
  };
  const lost = { code: 'position_lost', hint: expect.stringContaining('oldest records') as string };

  async function sequenceNumbers(): Promise<readonly string[]> {
    const source = await openSource(reader());
    const reading = new Reading();
    while (reading.lines.length === 0) await reading.step(source, 1);
    while (await reading.step(source, 1));
    await source.close();
    return reading.batches.map(({ to }) => to.split('~')[0] ?? '');
  }

  test.each<[string, (number: string) => string, FaultProxy['fault']]>([
    [
      'Kinesis refuses the position',
      (number) => number,
      always(
        'GetShardIterator',
        error('InvalidArgumentException', 'no such StartingSequenceNumber'),
      ),
    ],
    [
      'Kinesis has nothing for it, for ever',
      (number) => number,
      always('GetRecords', nothingForEver),
    ],
    [
      'it is older than the retention, and something else comes first',
      (number) => `${number}~${Date.now() - day - 1000}`,
      always('GetRecords', {
        kind: 'answer',
        change: (right) => ({ ...right, Records: (right['Records'] as unknown[]).slice(2) }),
      }),
    ],
    [
      'it is older than the retention, and nothing comes',
      (number) => `${number}~${Date.now() - day - 1000}`,
      always('GetRecords', { kind: 'answer', change: (right) => ({ ...right, Records: [] }) }),
    ],
    [
      'it names a time, and is older than the retention',
      () => `@5~${Date.now() - day - 1000}`,
      () => undefined,
    ],
    [
      'it is a beginning older than the retention',
      () => `START~${Date.now() - day - 1000}`,
      () => undefined,
    ],
  ])('%s', async (_, positionOf, fault) => {
    await put(on, 0, 3);
    const [firstNumber = ''] = await sequenceNumbers();
    const clock = new MovedClock(20);
    await using faulty = await Faulty.open(on, fault, { clock });
    const reading = at(positionOf(firstNumber));
    await expect(readTo(faulty.source, 1, reading)).rejects.toMatchObject(lost);
    expect(reading.lines).toEqual([]);
  });

  test('an old position goes on where its record is still there', async () => {
    await put(on, 0, 3);
    const [firstNumber = ''] = await sequenceNumbers();
    await using faulty = await Faulty.open(on);
    const reading = at(`${firstNumber}~${Date.now() - day - 1000}`);
    expect((await readTo(faulty.source, 2, reading)).lines).toEqual(numbers(1, 3));
    expect(faulty.proxy.callsOf('GetShardIterator')[0]?.body['ShardIteratorType']).toBe(
      'AT_SEQUENCE_NUMBER',
    );
  });

  test('a quiet shard goes on with the oldest record when its last one is gone', async () => {
    await put(on, 0, 3);
    const all = await sequenceNumbers();
    const refused = (call: Call): Fault | undefined =>
      call.body['ShardIteratorType'] === 'AFTER_SEQUENCE_NUMBER'
        ? error('InvalidArgumentException', 'trimmed')
        : undefined;
    await using faulty = await Faulty.open(on, refused);
    // Read to its last record, and looked at since.
    const reading = at(`${all[2]}~${Date.now()}`);
    const more = readTo(faulty.source, 1, reading);
    await reached(() => faulty.problems.length > 0);
    await put(on, 3, 4);
    expect((await more).lines).toEqual(numbers(3, 4));
    expect(faulty.problems[0]?.message).toMatch(/Nothing else had arrived until/);
  });

  test('a reader that falls behind by more than the retention is stopped', async () => {
    await put(on, 0, 1);
    await using faulty = await Faulty.open(on);
    const reading = await readTo(faulty.source, 1);
    faulty.proxy.fault = always('GetRecords', {
      kind: 'answer',
      change: (right) => ({ ...right, MillisBehindLatest: day }),
    });
    await put(on, 1, 2);
    await expect(readTo(faulty.source, 2, reading)).rejects.toMatchObject(lost);
  });

  test('a shard that has expired before its end was read', async () => {
    await put(on, 0, 3);
    const hidden: Fault = { kind: 'answer', change: () => ({ Shards: [] }) };
    await using faulty = await Faulty.open(on, always('ListShards', hidden));
    await expect(readTo(faulty.source, 1, at('5~6'))).rejects.toMatchObject(lost);
  });

  test('a shard without records has its time noted', async () => {
    await put(on, 0, 1);
    const clock = new MovedClock();
    await using faulty = await Faulty.open(on, () => undefined, { clock });
    const reading = await readTo(faulty.source, 1);
    const before = lastOf(reading);
    clock.move(16 * 60_000);
    await reading.until(faulty.source, () => reading.batches.length > 1);
    expect(reading.batches.at(-1)?.lines).toEqual([]);
    expect(faulty.source.compare(lastOf(reading), before)).toBe(0);
    expect(Number(lastOf(reading).split('~')[1])).toBeGreaterThan(Date.now() + 10 * 60_000);
    await put(on, 1, 2);
    expect((await readTo(faulty.source, 2, reading)).lines).toEqual(numbers(0, 2));
  });
});

describe('a child is read from its beginning only where that is still there', () => {
  type Listed = Record<string, unknown> & { readonly Shards: { readonly ShardId: string }[] };
  /** What Kinesis lists as open when the oldest record that is kept arrived. */
  function oldest(isOpen: (shard: string) => boolean): FaultProxy['fault'] {
    const change = (right: Record<string, unknown>): object => {
      const { Shards: shards } = right as Listed;
      return { Shards: shards.filter(({ ShardId: id }) => isOpen(id)) };
    };
    return ({ action, body }) =>
      action === 'ListShards' && body['ShardFilter'] !== undefined
        ? { kind: 'answer', change }
        : undefined;
  }

  const parent = 'shardId-000000000000';
  const children = (shard: string): boolean => shard !== parent;
  const [long, short] = [day + 1000, day - 60_000];

  test.each<[string, () => string, (shard: string) => boolean, 'lost' | 'read', number]>([
    [
      'its parent was open within the retention',
      () => `END~${Date.now() - short}`,
      children,
      'read',
      0,
    ],
    ['it began before the oldest record', () => `END~${Date.now() - long}`, children, 'lost', 1],
    ['an old manifest does not say when', () => 'END', children, 'lost', 1],
    [
      'it is younger than the oldest record',
      () => `END~${Date.now() - long}`,
      (id) => id === parent,
      'read',
      2,
    ],
    ['nobody knows', () => 'END', () => true, 'read', 2],
    ['nobody knows, but long ago', () => `END~${Date.now() - long}`, () => true, 'lost', 1],
  ])('%s', async (_, end, isOpen, outcome, asked) => {
    const [shard] = await openShards(peer.client, on.stream);
    if (shard === undefined) throw new Error('there is one');
    await splitShard(peer.client, on.stream, shard);
    await put(on, 0, 3);
    await using faulty = await Faulty.open(on, oldest(isOpen));
    const reading = at(end());
    const more = readTo(faulty.source, 3, reading);
    const wanted = {
      code: 'position_lost',
      message: expect.stringContaining('longer ago') as string,
    };
    if (outcome === 'lost') await expect(more).rejects.toMatchObject(wanted);
    else expect((await more).lines).toEqual(numbers(0, 3));
    const filtered = faulty.proxy.callsOf('ListShards').filter(({ body }) => 'ShardFilter' in body);
    expect(filtered.length).toBeGreaterThanOrEqual(asked);
    if (asked === 0) expect(filtered).toEqual([]);
  });

  test('the end of a shard tells when it was open', async () => {
    await put(on, 0, 1);
    await using faulty = await Faulty.open(on);
    const reading = await readTo(faulty.source, 1);
    const [shard] = await openShards(peer.client, on.stream);
    if (shard === undefined) throw new Error('there is one');
    await splitShard(peer.client, on.stream, shard);
    await reading.until(faulty.source, () => lastOf(reading).startsWith('END'));
    const asOfMs = Number(lastOf(reading).split('~')[1]);
    // Its record, at least; and never a moment at which the children were there already.
    expect(asOfMs).toBeGreaterThan(Date.now() - 60_000);
    expect(asOfMs).toBeLessThanOrEqual(Date.now());
  });
});

test.each([
  [{ kind: 'latest' } as const, /^@(\d+)~\1$/],
  [{ kind: 'timestamp', atMs: Date.now() - 3_600_000 } as const, /^@(\d+)~\1$/],
  [{ kind: 'timestamp', atMs: Date.now() - 2 * day } as const, /^@\d+$/],
])('%j has to be there when it is first read, where it is there now', async (offset, pattern) => {
  await using faulty = await Faulty.open(on, () => undefined, { offset });
  const reading = new Reading();
  await reading.begin(faulty.source);
  expect(lastOf(reading)).toMatch(pattern);
  const { atMs } = { atMs: Date.now(), ...offset };
  const there = [...(await faulty.source.positionsAt({ atMs })).values()];
  expect(there).toEqual([expect.stringMatching(pattern)]);
});

test('"latest" is where the first manifest was made, whatever happens after', async () => {
  await put(on, 0, 3);
  const reading = new Reading();
  // A moment passes, so that records of then are not of now.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const begun = await openSource({ ...reader(), offset: { kind: 'latest' } });
  await reading.begin(begun);
  await begun.close();
  // The process has died; records come before another one reads.
  await put(on, 3, 6);
  const source = await openSource({ ...reader(), offset: { kind: 'latest' } });
  expect((await readTo(source, 3, reading)).lines).toEqual(numbers(3, 6));
  await source.close();
});

test('a clock that is ahead of that of Kinesis has to wait for it', async () => {
  const refusal = error('InvalidArgumentException', 'timestampInMillis cannot be greater');
  await using faulty = await Faulty.open(on, first(2, 'GetShardIterator', refusal), {
    offset: { kind: 'latest' },
  });
  const reading = new Reading();
  await reading.begin(faulty.source);
  const lines = readTo(faulty.source, 1, reading);
  await reached(() => faulty.proxy.callsOf('GetRecords').length > 0);
  await put(on, 0, 1);
  expect((await lines).lines).toEqual(numbers(0, 1));
  const starts = faulty.proxy.callsOf('GetShardIterator').map(({ body }) => body['Timestamp']);
  expect(starts.length).toBe(3);
  expect(new Set(starts).size).toBe(1);
});

test('a hole between the shards is told of', async () => {
  const clock = new MovedClock(20);
  const limits = { listIntervalMs: 1000 };
  await using faulty = await Faulty.open(on, () => undefined, { clock, limits });
  faulty.proxy.fault = always('ListShards', { kind: 'answer', change: () => ({ Shards: [] }) });
  await reached(() => faulty.problems.length > 0);
  expect(faulty.problems[0]?.message).toMatch(/no open shard takes the hash keys 0–3402/);
});

/** Reads without a proxy. */
function reader(): ReadingOptions {
  return { client: peer.client, stream: on.stream };
}
