import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HeliosError } from '../../src/base/errors.ts';
import { position, type Position } from '../../src/event/record.ts';
import type { KinesisSource } from '../../src/source/kinesis/kinesis-source.ts';
import {
  createStream,
  deleteStream,
  putRecords,
  startKinesisLocal,
  type KinesisPeer,
} from '../peers/kinesis.ts';
import { MovedClock } from './kinesis-clock.ts';
import { FaultProxy, type Call, type Fault } from './kinesis-fault-proxy.ts';
import { openSource, Reading, type ReadingOptions } from './kinesis-reading.ts';

const shard = 'shardId-000000000000';
const day = 24 * 3_600_000;

let peer: KinesisPeer;
let count = 0;
let stream: string;

beforeAll(async () => {
  peer = await startKinesisLocal();
});
afterAll(async () => {
  await peer[Symbol.asyncDispose]();
});
beforeEach(async () => {
  stream = `faults-${count++}`;
  await createStream(peer.client, stream, 1);
});

/** A source behind a proxy, with what it told of. */
class Faulty implements AsyncDisposable {
  readonly proxy: FaultProxy;
  readonly source: KinesisSource;
  readonly problems: HeliosError[];

  private constructor(proxy: FaultProxy, source: KinesisSource, problems: HeliosError[]) {
    this.proxy = proxy;
    this.source = source;
    this.problems = problems;
  }

  static async open(
    fault: FaultProxy['fault'] = () => undefined,
    options: Partial<ReadingOptions> = {},
  ): Promise<Faulty> {
    const proxy = await FaultProxy.open(peer.endpoint);
    proxy.fault = fault;
    const problems: HeliosError[] = [];
    const onProblem = (problem: HeliosError): void => void problems.push(problem);
    try {
      const source = await openSource({ client: proxy.client, stream, onProblem, ...options });
      return new Faulty(proxy, source, problems);
    } catch (thrown) {
      await proxy[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source.close();
    await this.proxy[Symbol.asyncDispose]();
  }
}

/** A fault for the first calls of an action. */
function first(times: number, action: string, fault: Fault): FaultProxy['fault'] {
  let left = times;
  return (call) => (call.action === action && left-- > 0 ? fault : undefined);
}

function always(action: string, fault: Fault): FaultProxy['fault'] {
  return (call) => (call.action === action ? fault : undefined);
}

function error(name: string, text?: string): Fault {
  return { kind: 'error', status: 400, name, ...(text === undefined ? {} : { text }) };
}

async function put(from: number, to: number): Promise<void> {
  const records = Array.from({ length: to - from }, (_, index) => `{"n":${from + index}}`);
  await putRecords(
    peer.client,
    stream,
    records.map((data) => ({ key: 'k', data })),
  );
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `{"n":${from + index}}`);
}

/** Reads until so many lines have come, or it fails. */
async function readTo(
  source: KinesisSource,
  length: number,
  reading = new Reading(),
): Promise<Reading> {
  await reading.until(source, () => reading.lines.length >= length);
  return reading;
}

function at(text: string): Reading {
  const reading = new Reading();
  reading.positions.set(shard, position(text));
  return reading;
}

function lastOf({ positions }: Reading): Position {
  return positions.get(shard) ?? position('');
}

describe('what heals by itself goes on without a gap or a double', () => {
  test.each<[string, string, Fault]>([
    ['a read that is throttled', 'GetRecords', error('ProvisionedThroughputExceededException')],
    ['an iterator that is throttled', 'GetShardIterator', error('LimitExceededException')],
    ['a key service that is throttled', 'GetRecords', error('KMSThrottlingException')],
    ['an iterator that has expired', 'GetRecords', error('ExpiredIteratorException')],
    ['an iterator that is refused', 'GetRecords', error('InvalidArgumentException')],
    ['an internal failure', 'GetRecords', { kind: 'error', status: 500, name: 'InternalFailure' }],
    ['a gateway', 'GetShardIterator', { kind: 'error', status: 503, name: 'ServiceUnavailable' }],
    ['an answer that is cut', 'GetRecords', { kind: 'cut' }],
    ['a connection that breaks', 'GetRecords', { kind: 'reset' }],
    ['an answer that hangs', 'GetRecords', { kind: 'hang' }],
    ['an answer without records', 'GetRecords', { kind: 'answer', change: () => ({}) }],
    ['a listing whose token expires', 'ListShards', error('ExpiredNextTokenException')],
  ])('%s', async (_, action, fault) => {
    await put(0, 10);
    // Waits pass twenty times as fast.
    const clock = new MovedClock(20);
    await using faulty = await Faulty.open(first(2, action, fault), { clock });
    const reading = await readTo(faulty.source, 10);
    faulty.proxy.fault = first(2, action, fault);
    await put(10, 20);
    expect((await readTo(faulty.source, 20, reading)).lines).toEqual(numbers(0, 20));
  });

  test('is throttled for minutes: told once, and stopped by nothing', async () => {
    await put(0, 5);
    const fault = always('GetRecords', error('ProvisionedThroughputExceededException'));
    const clock = new MovedClock(100);
    await using faulty = await Faulty.open(fault, { clock });
    const reading = new Reading();
    await reading.step(faulty.source);
    await reached(() => faulty.proxy.callsOf('GetRecords').length > 10);
    expect(await reading.step(faulty.source)).toBe(false);
    expect(faulty.problems.length).toBeGreaterThan(0);
    expect(faulty.problems[0]).toMatchObject({ code: 'throttled' });
    expect(faulty.problems.length).toBeLessThan(faulty.proxy.callsOf('GetRecords').length / 3);
    faulty.proxy.fault = () => undefined;
    expect((await readTo(faulty.source, 5, reading)).lines).toEqual(numbers(0, 5));
  });
});

test('an iterator that expired is made anew after the last record that was received', async () => {
  await put(0, 3);
  await using faulty = await Faulty.open();
  const reading = await readTo(faulty.source, 3);
  faulty.proxy.fault = first(1, 'GetRecords', error('ExpiredIteratorException'));
  await put(3, 4);
  await readTo(faulty.source, 4, reading);
  const [, renewed] = faulty.proxy.callsOf('GetShardIterator');
  const [sequenceNumber] = reading.batches[0]!.to.split('~');
  expect(renewed?.body).toMatchObject({
    ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
    StartingSequenceNumber: sequenceNumber,
  });
});

test('an iterator that was held for four minutes is not used', async () => {
  const clock = new MovedClock();
  await put(0, 1);
  await using faulty = await Faulty.open(() => undefined, { clock });
  const reading = await readTo(faulty.source, 1);
  clock.move(4 * 60_000);
  await put(1, 2);
  await readTo(faulty.source, 2, reading);
  expect(faulty.proxy.callsOf('GetShardIterator').length).toBe(2);
});

describe('what does not heal is told with what to do', () => {
  test.each<[string, Fault, string, RegExp, RegExp]>([
    [
      'a missing permission',
      error('AccessDeniedException', 'User: arn:aws:iam::1:user/u is not authorized'),
      'access_refused',
      /kinesis:GetRecords.*user\/u is not authorized/,
      /Allow kinesis:GetRecords/,
    ],
    [
      'a key that may not be used',
      error('KMSAccessDeniedException'),
      'access_refused',
      /key/,
      /kms:Decrypt/,
    ],
    ['a key that is disabled', error('KMSDisabledException'), 'access_refused', /key/, /enabled/],
    ['a key that is gone', error('KMSNotFoundException'), 'access_refused', /key/, /kms:Decrypt/],
    [
      'credentials that expired',
      error('ExpiredTokenException'),
      'access_refused',
      /expired/,
      /Renew/,
    ],
    [
      'a wrong key',
      error('UnrecognizedClientException'),
      'access_refused',
      /credentials/,
      /access key/,
    ],
  ])('%s, and goes on when it is mended', async (_, fault, code, message, hint) => {
    await put(0, 3);
    await using faulty = await Faulty.open(always('GetRecords', fault));
    const failure = await readTo(faulty.source, 3).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code, hint: expect.stringMatching(hint) as string });
    expect((failure as Error).message).toMatch(message);
    faulty.proxy.fault = () => undefined;
    expect((await readTo(faulty.source, 3)).lines).toEqual(numbers(0, 3));
  });

  test.each<[string, string, Fault, string]>([
    [
      'a stream that may not be described',
      'DescribeStreamSummary',
      error('AccessDeniedException'),
      'access_refused',
    ],
    [
      'shards that may not be listed',
      'ListShards',
      error('AccessDeniedException'),
      'access_refused',
    ],
    [
      'a listing whose tokens all expire',
      'ListShards',
      error('ExpiredNextTokenException'),
      'unreachable',
    ],
    [
      'a server that answers with something else',
      'ListShards',
      { kind: 'answer', change: () => ({ Shards: [{}] }) },
      'unreachable',
    ],
    ['a server that hangs', 'DescribeStreamSummary', { kind: 'hang' }, 'unreachable'],
  ])('%s, at the start', async (_, action, fault, code) => {
    const clock = new MovedClock(100);
    await expect(Faulty.open(always(action, fault), { clock })).rejects.toMatchObject({ code });
  });

  test('a server that stays away is told after half a minute', async () => {
    await put(0, 1);
    const clock = new MovedClock(100);
    await using faulty = await Faulty.open(always('GetRecords', { kind: 'reset' }), { clock });
    await expect(readTo(faulty.source, 1)).rejects.toMatchObject({ code: 'unreachable' });
    expect(faulty.proxy.callsOf('GetRecords').length).toBeGreaterThan(5);
  });

  test('records in no order are not taken', async () => {
    await put(0, 3);
    const change = (right: Record<string, unknown>): object => {
      return { ...right, Records: (right['Records'] as unknown[]).toReversed() };
    };
    const clock = new MovedClock(100);
    await using faulty = await Faulty.open(always('GetRecords', { kind: 'answer', change }), {
      clock,
    });
    await expect(readTo(faulty.source, 3)).rejects.toThrow(/in no order/);
  });

  test('a stream that is not there', async () => {
    await expect(openSource({ client: peer.client, stream: 'nowhere' })).rejects.toMatchObject({
      code: 'stream_missing',
      message: expect.stringContaining('"nowhere"') as string,
    });
  });

  test('a stream that is deleted, and one that was made again under its name', async () => {
    await put(0, 3);
    await using faulty = await Faulty.open();
    const reading = await readTo(faulty.source, 3);
    await deleteStream(peer.client, stream);
    await expect(readTo(faulty.source, 4, reading)).rejects.toMatchObject({
      code: 'stream_missing',
    });
    await createStream(peer.client, stream, 1);
    await put(0, 9);
    await expect(readTo(faulty.source, 9, reading)).rejects.toMatchObject({
      code: 'source_replaced',
    });
    const again = await openSource({ client: peer.client, stream });
    expect(again.identity).not.toBe(faulty.source.identity);
    await again.close();
  });
});

describe('records that are gone are never jumped over', () => {
  /** Answers of a stream that has dropped a position's record: nothing, a day behind, for ever. */
  const nothingForEver: Fault = {
    kind: 'answer',
    change: (right) => ({ ...right, Records: [], MillisBehindLatest: day }),
  };
  const lost = { code: 'position_lost', hint: expect.stringContaining('oldest records') as string };

  async function sequenceNumbers(): Promise<readonly string[]> {
    const source = await openSource({ client: peer.client, stream });
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
    await put(0, 3);
    const [firstNumber = ''] = await sequenceNumbers();
    const clock = new MovedClock(20);
    await using faulty = await Faulty.open(fault, { clock });
    const reading = at(positionOf(firstNumber));
    await expect(readTo(faulty.source, 1, reading)).rejects.toMatchObject(lost);
    expect(reading.lines).toEqual([]);
  });

  test('an old position goes on where its record is still there', async () => {
    await put(0, 3);
    const [firstNumber = ''] = await sequenceNumbers();
    await using faulty = await Faulty.open();
    const reading = at(`${firstNumber}~${Date.now() - day - 1000}`);
    expect((await readTo(faulty.source, 2, reading)).lines).toEqual(numbers(1, 3));
    expect(faulty.proxy.callsOf('GetShardIterator')[0]?.body['ShardIteratorType']).toBe(
      'AT_SEQUENCE_NUMBER',
    );
  });

  test('a quiet shard goes on with the oldest record when its last one is gone', async () => {
    await put(0, 3);
    const all = await sequenceNumbers();
    const refused = (call: Call): Fault | undefined =>
      call.body['ShardIteratorType'] === 'AFTER_SEQUENCE_NUMBER'
        ? error('InvalidArgumentException', 'trimmed')
        : undefined;
    await using faulty = await Faulty.open(refused);
    // Read to its last record, and looked at since.
    const reading = at(`${all[2]}~${Date.now()}`);
    const reader = readTo(faulty.source, 1, reading);
    await reached(() => faulty.problems.length > 0);
    await put(3, 4);
    expect((await reader).lines).toEqual(numbers(3, 4));
    expect(faulty.problems[0]?.message).toMatch(/Nothing else had arrived until/);
  });

  test('a reader that falls behind by more than the retention is stopped', async () => {
    await put(0, 1);
    await using faulty = await Faulty.open();
    const reading = await readTo(faulty.source, 1);
    faulty.proxy.fault = always('GetRecords', {
      kind: 'answer',
      change: (right) => ({ ...right, MillisBehindLatest: day }),
    });
    await put(1, 2);
    await expect(readTo(faulty.source, 2, reading)).rejects.toMatchObject(lost);
  });

  test('a shard that has expired before its end was read', async () => {
    await put(0, 3);
    const hidden: Fault = { kind: 'answer', change: () => ({ Shards: [] }) };
    await using faulty = await Faulty.open(always('ListShards', hidden));
    await expect(readTo(faulty.source, 1, at('5~6'))).rejects.toMatchObject(lost);
  });

  test('a shard without records has its time noted', async () => {
    await put(0, 1);
    const clock = new MovedClock();
    await using faulty = await Faulty.open(() => undefined, { clock });
    const reading = await readTo(faulty.source, 1);
    const before = lastOf(reading);
    clock.move(11 * 60_000);
    await reading.until(faulty.source, () => reading.batches.length > 1);
    expect(reading.batches.at(-1)?.lines).toEqual([]);
    expect(faulty.source.compare(lastOf(reading), before)).toBe(0);
    expect(Number(lastOf(reading).split('~')[1])).toBeGreaterThan(Date.now() + 10 * 60_000);
    await put(1, 2);
    expect((await readTo(faulty.source, 2, reading)).lines).toEqual(numbers(0, 2));
  });
});

test('"latest" is where the first manifest was made, whatever happens after', async () => {
  await put(0, 3);
  const reading = new Reading();
  // A moment passes, so that records of then are not of now.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const begun = await openSource({ client: peer.client, stream, offset: { kind: 'latest' } });
  await reading.begin(begun);
  await begun.close();
  // The process has died; records come before another one reads.
  await put(3, 6);
  const source = await openSource({ client: peer.client, stream, offset: { kind: 'latest' } });
  expect((await readTo(source, 3, reading)).lines).toEqual(numbers(3, 6));
  await source.close();
});

test('a clock that is ahead of that of Kinesis has to wait for it', async () => {
  const clock = new MovedClock();
  clock.move(3000);
  await using faulty = await Faulty.open(() => undefined, { clock, offset: { kind: 'latest' } });
  const reading = new Reading();
  await reading.begin(faulty.source);
  const reader = readTo(faulty.source, 1, reading);
  await reached(() => faulty.proxy.callsOf('GetRecords').length > 0);
  await put(0, 1);
  expect((await reader).lines).toEqual(numbers(0, 1));
});

test('a hole between the shards is told of', async () => {
  const clock = new MovedClock(200);
  await using faulty = await Faulty.open(() => undefined, { clock });
  faulty.proxy.fault = always('ListShards', { kind: 'answer', change: () => ({ Shards: [] }) });
  await reached(() => faulty.problems.length > 0);
  expect(faulty.problems[0]?.message).toMatch(/no open shard takes the hash keys 0–3402/);
});

/** Looks again and again; the test's own time limit ends it. */
async function reached(isReached: () => boolean): Promise<void> {
  while (!isReached()) await new Promise((resolve) => setTimeout(resolve, 5));
}
