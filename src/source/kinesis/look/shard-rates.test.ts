import { expect, test } from 'vitest';
import { systemClock } from '../../../base/clock.ts';
import type { StreamRecord } from '../record/record-page.ts';
import type { RecordsAnswer } from '../stream/records-answer.ts';
import { type RateContext, sampleRates, sumRates } from './shard-rates.ts';

const nowMs = 1_700_000_010_000;
const clock = { ...systemClock, nowMs: () => nowMs };

function record(arrivedAtMs: number): StreamRecord {
  const data = Buffer.from('ten bytes!').toString('base64');
  return { data, arrivedAtMs, partitionKey: 'k', sequenceNumber: '1' };
}

function answer(records: readonly StreamRecord[], behindMs: number): RecordsAnswer {
  return { records, behindMs, nextIterator: 'next', children: [] };
}

/** Shards by name; one that isn't there is refused. */
function contextOf(answers: Readonly<Record<string, RecordsAnswer>>): RateContext {
  const find = async (shard: string): Promise<RecordsAnswer> => {
    const found = answers[shard];
    if (found === undefined) throw new Error('not allowed');
    return await Promise.resolve(found);
  };
  return {
    stream: { iterator: async (shard) => await Promise.resolve(shard), records: find },
    clock,
    signal: new AbortController().signal,
  };
}

test.each([
  ['all of five seconds', answer([record(nowMs - 4000), record(nowMs)], 0), 0.4],
  ['nothing', answer([], 0), 0],
  ['a part, up to its last record', answer([record(nowMs - 4500), record(nowMs - 4000)], 9), 2],
  ['an empty answer before the newest record', answer([], 4000), undefined],
])('a rate is told from %s', async (_name, found, expected) => {
  const rates = await sampleRates(['a'], contextOf({ a: found }));
  expect(rates.get('a')?.recordsPerSecond).toBe(expected);
  const bytes = expected === undefined ? undefined : expected * 10;
  expect(sumRates(['a'], rates)).toEqual({ recordsPerSecond: expected, bytesPerSecond: bytes });
});

test('a shard that may not be read leaves the sum unknown', async () => {
  const rates = await sampleRates(['a', 'b'], contextOf({ a: answer([], 0) }));
  expect([...rates.keys()]).toEqual(['a']);
  const unknown = { recordsPerSecond: undefined, bytesPerSecond: undefined };
  expect(sumRates(['a', 'b'], rates)).toEqual(unknown);
  expect(sumRates([], rates)).toEqual(unknown);
});

test('a shard that does not answer is not waited for', async () => {
  const context = contextOf({ a: answer([], 0) });
  const hanging = { ...context.stream, records: async () => await new Promise<never>(() => {}) };
  const hasty = {
    ...clock,
    sleep: async (_durationMs: number, signal?: AbortSignal) => await clock.sleep(1, signal),
  };
  const rates = await sampleRates(['a'], { ...context, stream: hanging, clock: hasty });
  expect(rates.size).toBe(0);
});
