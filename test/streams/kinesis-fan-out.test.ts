import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { HeliosError } from '../../src/base/errors.ts';
import type { KinesisSource } from '../../src/source/kinesis/kinesis-source.ts';
import { createStream, putRecords, startKinesisLocal, type KinesisPeer } from '../peers/kinesis.ts';
import { MovedClock } from './kinesis-clock.ts';
import { FaultProxy, type Call, type Fault, type PushedEvent } from './kinesis-fault-proxy.ts';
import { openSource, Reading } from './kinesis-reading.ts';

const shard = 'shardId-000000000000';
const child = 'shardId-000000000001';

let peer: KinesisPeer;
let proxy: FaultProxy;
let count = 0;
let stream: string;

beforeAll(async () => {
  peer = await startKinesisLocal();
});
afterAll(async () => {
  await peer[Symbol.asyncDispose]();
});
beforeEach(async () => {
  stream = `pushed-${count++}`;
  await createStream(peer.client, stream, 1);
  proxy = await FaultProxy.open(peer.endpoint);
  return async () => await proxy[Symbol.asyncDispose]();
});

/** Answers the first subscriptions with these, in turn; the last one again and again. */
function subscriptions(...faults: readonly Fault[]): FaultProxy['fault'] {
  let at = 0;
  return ({ action }) =>
    action === 'SubscribeToShard' ? faults[Math.min(at++, faults.length - 1)] : undefined;
}

function records(from: number, to: number): PushedEvent {
  const numbers = Array.from({ length: to - from }, (_, index) => from + index);
  return {
    type: 'SubscribeToShardEvent',
    payload: {
      Records: numbers.map((number) => ({
        Data: Buffer.from(`{"n":${number}}`).toString('base64'),
        SequenceNumber: String(100 + number),
        PartitionKey: 'k',
        ApproximateArrivalTimestamp: Date.now() / 1000,
      })),
      ContinuationSequenceNumber: String(100 + to),
      MillisBehindLatest: 0,
    },
  };
}

const shardEnd: PushedEvent = {
  type: 'SubscribeToShardEvent',
  payload: {
    Records: [],
    MillisBehindLatest: 0,
    ChildShards: [
      {
        ShardId: child,
        ParentShards: [shard],
        HashKeyRange: { StartingHashKey: '0', EndingHashKey: String(2n ** 128n - 1n) },
      },
    ],
  },
};

function events(...pushed: readonly PushedEvent[]): Fault {
  return { kind: 'events', events: pushed };
}

async function open(speed = 1, onProblem?: (problem: HeliosError) => void): Promise<KinesisSource> {
  const clock = new MovedClock(speed);
  const problems = onProblem === undefined ? {} : { onProblem };
  return await openSource({ client: proxy.client, stream, consumer: 'helios', clock, ...problems });
}

async function readTo(source: KinesisSource, length: number): Promise<readonly string[]> {
  const reading = new Reading();
  await reading.until(source, () => reading.lines.length >= length);
  return reading.lines;
}

const numbers = (to: number): string[] => Array.from({ length: to }, (_, n) => `{"n":${n}}`);

function startOf({ body }: Call): unknown {
  return body['StartingPosition'];
}

test('a subscription that ends is renewed where Kinesis says', async () => {
  proxy.fault = subscriptions(events(records(0, 2)), events(records(2, 3), records(3, 4)), {
    kind: 'events',
    events: [],
    isOpen: true,
  });
  const source = await open();
  expect(await readTo(source, 4)).toEqual(numbers(4));
  await reached(() => proxy.callsOf('SubscribeToShard').length === 3);
  expect(proxy.callsOf('SubscribeToShard').map(startOf)).toEqual([
    { Type: 'TRIM_HORIZON' },
    { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '102' },
    { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '104' },
  ]);
  await source.close();
});

test.each<[string, Fault]>([
  ['was cut off', { kind: 'reset' }],
  ['another one holds', events({ type: 'exception', name: 'ResourceInUseException' })],
  ['failed within', events(records(0, 1), { type: 'exception', name: 'InternalFailureException' })],
  ['met a busy key service', events({ type: 'exception', name: 'KMSThrottlingException' })],
  ['is silent', { kind: 'events', events: [records(0, 1)], isOpen: true }],
  ['was refused for its rate', { kind: 'error', status: 400, name: 'LimitExceededException' }],
  ['hangs', { kind: 'hang' }],
])('a subscription that %s is renewed', async (_, fault) => {
  const rest: Fault = { kind: 'events', events: [records(0, 3)], isOpen: true };
  proxy.fault = subscriptions(fault, rest);
  // Silence of half a minute passes in a third of a second.
  const source = await open(100);
  expect(await readTo(source, 3)).toEqual(numbers(3));
  await source.close();
});

test('a shard ends when Kinesis says so, and its children follow', async () => {
  proxy.fault = (call) => {
    if (call.action !== 'SubscribeToShard') return undefined;
    const isChild = call.body['ShardId'] === child;
    if (isChild) return { kind: 'events', events: [records(2, 4)], isOpen: true };
    return events(records(0, 2), shardEnd);
  };
  const source = await open();
  const reading = new Reading();
  await reading.until(source, () => reading.lines.length >= 4);
  expect(reading.lines).toEqual(numbers(4));
  expect(reading.positions.get(shard)).toMatch(/^END~\d+$/);
  expect(proxy.callsOf('GetRecords')).toEqual([]);
  const ofChild = proxy.callsOf('SubscribeToShard').filter(({ body }) => body['ShardId'] === child);
  expect(ofChild.map(startOf)).toEqual([{ Type: 'TRIM_HORIZON' }]);
  await source.close();
});

test('a key that may not be used is told', async () => {
  proxy.fault = subscriptions(events({ type: 'exception', name: 'KMSAccessDeniedException' }));
  const source = await open();
  await expect(readTo(source, 1)).rejects.toMatchObject({
    code: 'access_refused',
    hint: expect.stringContaining('kms:Decrypt') as string,
  });
  await source.close();
});

test('an expired position is told as well as by polling', async () => {
  proxy.fault = subscriptions({ kind: 'error', status: 400, name: 'InvalidArgumentException' });
  const source = await open();
  const reading = new Reading();
  reading.positions.set(shard, '5' as never);
  await expect(reading.until(source, () => reading.lines.length > 0)).rejects.toMatchObject({
    code: 'position_lost',
  });
  await source.close();
});

test('a consumer that exists is used again, and a preview uses none', async () => {
  const before = await open();
  await before.close();
  const source = await open();
  await putRecords(peer.client, stream, [{ key: 'k', data: '{"n":0}' }]);
  expect(await readTo(source, 1)).toEqual(numbers(1));
  expect(proxy.callsOf('RegisterStreamConsumer').length).toBe(2);
  await source.close();
});

test('over HTTP/2, as AWS pushes: ends, silence and what is cut off are renewed', async () => {
  await proxy[Symbol.asyncDispose]();
  proxy = await FaultProxy.openHttp2(peer.endpoint);
  proxy.fault = subscriptions(
    events(records(0, 2)),
    { kind: 'events', events: [records(2, 3)], isOpen: true },
    { kind: 'reset' },
    events(records(3, 4)),
    { kind: 'events', events: [], isOpen: true },
  );
  const source = await open(100);
  expect(await readTo(source, 4)).toEqual(numbers(4));
  await source.close();
});

/** Looks again and again; the test's own time limit ends it. */
async function reached(isReached: () => boolean): Promise<void> {
  while (!isReached()) await new Promise((resolve) => setTimeout(resolve, 5));
}
