import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createStream,
  deleteStream,
  startKinesisLocal,
  type KinesisPeer,
} from '../peers/kinesis.ts';
import { MovedClock } from './kinesis-clock.ts';
import type { Fault } from './kinesis-fault-proxy.ts';
import {
  always,
  error,
  Faulty,
  first,
  numbers,
  put,
  reached,
  readTo,
  type TestStream,
} from './kinesis-faulty.ts';
import { openSource, Reading, type ReadingOptions } from './kinesis-reading.ts';

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
  on = { peer, stream: `faults-${count++}` };
  await createStream(peer.client, on.stream, 1);
});

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
    await put(on, 0, 10);
    // Waits pass twenty times as fast.
    const clock = new MovedClock(20);
    await using faulty = await Faulty.open(on, first(2, action, fault), { clock });
    const reading = await readTo(faulty.source, 10);
    faulty.proxy.fault = first(2, action, fault);
    await put(on, 10, 20);
    expect((await readTo(faulty.source, 20, reading)).lines).toEqual(numbers(0, 20));
  });

  test('is throttled for minutes: told once, and stopped by nothing', async () => {
    await put(on, 0, 5);
    const fault = always('GetRecords', error('ProvisionedThroughputExceededException'));
    const clock = new MovedClock(100);
    await using faulty = await Faulty.open(on, fault, { clock });
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
  await put(on, 0, 3);
  await using faulty = await Faulty.open(on);
  const reading = await readTo(faulty.source, 3);
  faulty.proxy.fault = first(1, 'GetRecords', error('ExpiredIteratorException'));
  await put(on, 3, 4);
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
  await put(on, 0, 1);
  await using faulty = await Faulty.open(on, () => undefined, { clock });
  const reading = await readTo(faulty.source, 1);
  clock.move(4 * 60_000);
  await put(on, 1, 2);
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
    await put(on, 0, 3);
    await using faulty = await Faulty.open(on, always('GetRecords', fault));
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
    const clock = new MovedClock(20);
    await expect(Faulty.open(on, always(action, fault), { clock })).rejects.toMatchObject({ code });
  });

  test('a server that stays away is told after half a minute', async () => {
    await put(on, 0, 1);
    const clock = new MovedClock(20);
    await using faulty = await Faulty.open(on, always('GetRecords', { kind: 'reset' }), { clock });
    await expect(readTo(faulty.source, 1)).rejects.toMatchObject({ code: 'unreachable' });
    expect(faulty.proxy.callsOf('GetRecords').length).toBeGreaterThan(5);
  });

  test('records in no order are not taken', async () => {
    await put(on, 0, 3);
    const change = (right: Record<string, unknown>): object => {
      return { ...right, Records: (right['Records'] as unknown[]).toReversed() };
    };
    const clock = new MovedClock(20);
    await using faulty = await Faulty.open(on, always('GetRecords', { kind: 'answer', change }), {
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
    await put(on, 0, 3);
    await using faulty = await Faulty.open(on);
    const reading = await readTo(faulty.source, 3);
    await deleteStream(peer.client, on.stream);
    await expect(readTo(faulty.source, 4, reading)).rejects.toMatchObject({
      code: 'stream_missing',
    });
    await createStream(peer.client, on.stream, 1);
    await put(on, 0, 9);
    await expect(readTo(faulty.source, 9, reading)).rejects.toMatchObject({
      code: 'source_replaced',
    });
    const again = await openSource(reader());
    expect(again.identity).not.toBe(faulty.source.identity);
    await again.close();
  });
});

/** Reads without a proxy. */
function reader(): ReadingOptions {
  return { client: peer.client, stream: on.stream };
}
