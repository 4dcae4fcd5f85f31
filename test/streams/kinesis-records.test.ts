import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Batch, position } from '../../src/event/record.ts';
import type { RecordForm } from '../../src/source/source.ts';
import { createStream, putRecords, startKinesisLocal, type KinesisPeer } from '../peers/kinesis.ts';
import { aggregate } from './kinesis-aggregate.ts';
import { MovedClock } from './kinesis-clock.ts';
import { FaultProxy } from './kinesis-fault-proxy.ts';
import { openSource, Reading } from './kinesis-reading.ts';

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
  stream = `records-${count++}`;
  await createStream(peer.client, stream, 2);
});

const envelopes: RecordForm = {
  kind: 'envelopes',
  isBinary: false,
  metadata: ['sequence_number', 'subsequence_number', 'shard_id', 'partition_key', 'timestamp'],
};

test('aggregates come apart, and broken ones are records as they are', async () => {
  const parts = Array.from({ length: 100 }, (_, n) => ({ key: `k${n % 9}`, data: `{"n":${n}}` }));
  const whole = aggregate(parts);
  const broken = Buffer.from(whole);
  broken[whole.length - 1] = (broken.at(-1) ?? 0) ^ 1;
  await putRecords(peer.client, stream, [
    { key: 'a', data: '{"before":1}' },
    { key: 'a', data: whole },
    { key: 'a', data: broken },
    { key: 'a', data: '{"after":1}' },
  ]);
  const source = await openSource({ client: peer.client, stream, form: envelopes });
  const reading = new Reading();
  // One byte at a time: a batch still holds a whole record, with all that it is made of.
  while (reading.batches.length < 4) {
    if (!(await reading.step(source, 1))) {
      await source.waitForRecords(reading.positions, AbortSignal.timeout(5000));
    }
  }
  expect(reading.batches.map(({ lines }) => lines.length)).toEqual([1, 100, 1, 1]);
  const values = reading.lines.map((text) => JSON.parse(text) as Envelope);
  expect(values.slice(1, 101).map(({ v }) => v)).toEqual(parts.map(({ data }) => data));
  expect(values.slice(1, 101).map(({ m }) => m.subsequence_number)).toEqual([...parts.keys()]);
  expect(values.slice(1, 101).map(({ m }) => m.partition_key)).toEqual(parts.map(({ key }) => key));
  expect(new Set(values.slice(1, 101).map(({ m }) => m.sequence_number)).size).toBe(1);
  expect(values[101]).toMatchObject({ b: broken.toString('base64') });
  expect(values[102]).toMatchObject({ v: '{"after":1}', m: { subsequence_number: 0 } });
  expect(values[0]?.m.timestamp).toBeGreaterThan(Date.now() - 60_000);
  await source.close();
});

test('a beginning behind the end of a reading is passed: nothing is in between', async () => {
  await putRecords(peer.client, stream, [{ key: 'a', data: '{"n":1}' }]);
  const source = await openSource({ client: peer.client, stream });
  const first = new Reading();
  while (first.batches.length === 0) {
    if (await first.step(source)) break;
    await source.waitForRecords(first.positions, AbortSignal.timeout(5000));
  }
  const partition = first.batches[0]?.partition ?? '';
  await source.close();
  // What was there before is past its retention.
  const until = position('1~1000');
  const another = await openSource({ client: peer.client, stream });
  const request = { partition, until, bytesMax: 1000, signal: AbortSignal.timeout(5000) };
  const batch = await another.read({ ...request, after: undefined });
  expect(batch).toMatchObject({ to: until, content: { byteLength: 0 } });
  await batch?.release();
  await another.close();
});

type Envelope = {
  readonly v?: string;
  readonly b?: string;
  readonly m: {
    readonly sequence_number: string;
    readonly subsequence_number: number;
    readonly partition_key: string;
    readonly timestamp: number;
  };
};

test('lines say what they stand for', async () => {
  await putRecords(peer.client, stream, [
    { key: 'a', data: '{"a":\n1}' },
    { key: 'a', data: '' },
    { key: 'a', data: '{"a":2}' },
  ]);
  const source = await openSource({ client: peer.client, stream });
  const { signal } = new AbortController();
  await source.waitForRecords(new Map(), signal);
  let batch: Batch | undefined;
  for (const partition of await source.partitions()) {
    batch ??= await source.read({ partition, after: undefined, bytesMax: 1e6, signal });
  }
  const text = (bytes: Uint8Array | null | undefined): string | undefined =>
    bytes === undefined || bytes === null ? undefined : Buffer.from(bytes).toString();
  expect([0, 9, 11].map((at) => text(batch?.rawAt?.(at)))).toEqual(['{"a":\n1}', '', undefined]);
  await batch?.release();
  await source.close();
});

test('records of 10 MiB come whole, and wait in memory one at a time', async () => {
  const values = Array.from({ length: 3 }, (_, n) => String(n).repeat(10 * 1024 * 1024));
  // kinesis-local takes 17 s to put one, so the proxy makes them of small ones.
  await using proxy = await FaultProxy.open(peer.endpoint);
  const change = (right: Record<string, unknown>): object => {
    const records = (right['Records'] as { Data: string }[]).map((record) => {
      const number = Number(Buffer.from(record.Data, 'base64').toString());
      return { ...record, Data: Buffer.from(values[number] ?? '').toString('base64') };
    });
    return { ...right, Records: records };
  };
  proxy.fault = ({ action }) => (action === 'GetRecords' ? { kind: 'answer', change } : undefined);
  await putRecords(
    peer.client,
    stream,
    [...values.keys()].map((number) => ({ key: 'a', data: String(number) })),
  );
  const limits = { bufferBytesMax: 5 * 1024 * 1024, recordsMax: 1 };
  const source = await openSource({
    client: proxy.client,
    stream,
    limits,
    // Kinesis allows one such record in five seconds.
    clock: new MovedClock(20),
  });
  await source.waitForRecords(new Map(), AbortSignal.timeout(5000));
  const reading = new Reading();
  await reading.until(source, () => reading.lines.length >= values.length);
  expect(reading.lines.map((text, at) => text === values[at])).toEqual(values.map(() => true));
  expect(reading.batches.every((batch) => batch.lines.length === 1)).toBe(true);
  await source.close();
});

test('positions that were read are told with their age', async () => {
  const source = await openSource({ client: peer.client, stream });
  const reading = new Reading();
  await putRecords(peer.client, stream, [{ key: 'a', data: '{}' }]);
  await source.waitForRecords(new Map(), AbortSignal.timeout(5000));
  await reading.until(source, () => reading.lines.length === 1);
  const after = await source.partitionLags(reading.positions);
  expect(after.map(({ ms, records, bytes }) => [ms, records, bytes])).toEqual([
    [0, undefined, undefined],
    [0, undefined, undefined],
  ]);
  const [before] = await source.partitionLags(new Map([['none', reading.batches[0]!.to]]));
  expect(before?.partition).toBe('shardId-000000000000');
  expect(await source.bytesBehind()).toBeUndefined();
  await source.close();
});
