import { expect, test } from 'vitest';
import type { StreamAnswer } from '../../../../server/api.ts';
import { newestArrival, StreamRates } from './stream-rates.ts';

function stream(ends: readonly number[], backing: StreamAnswer['backing'] = null): StreamAnswer {
  return {
    id: 's',
    name: 's',
    created_at: '',
    backing,
    retention_ms: 1,
    retention_bytes: null,
    durability: { survives: 'disk', by: 'volume' },
    bytes: 0,
    partitions: ends.map((end_offset) => ({ start_offset: 0, end_offset, bytes: 0 })),
  };
}

test('a rate is what the ends moved by over the last seconds', () => {
  const rates = new StreamRates();
  expect(rates.note([stream([0, 100])], 0).get('s')).toBeUndefined();
  expect(rates.note([stream([100, 100])], 2000).get('s')).toEqual({ perSecond: 50, unit: 'bytes' });
  expect(rates.note([stream([100, 1300])], 12_000).get('s')).toEqual({
    perSecond: 120,
    unit: 'bytes',
  });
  // After a pause, the last look before counts.
  expect(rates.note([stream([100, 1300])], 60_000).get('s')?.perSecond).toBe(0);
});

test('a topic counts records; one that was made anew, or is silent, has no rate', () => {
  const rates = new StreamRates();
  const backing = { kind: 'kafka', connection: 'c', topic: 't' } as const;
  rates.note([stream([10], backing)], 0);
  expect(rates.note([stream([30], backing)], 1000).get('s')).toEqual({
    perSecond: 20,
    unit: 'records',
  });
  expect(rates.note([stream([5], backing)], 2000).has('s')).toBe(false);
  expect(rates.note([stream([], backing)], 3000).has('s')).toBe(false);
});

test('the newest arrival is that of all partitions', () => {
  const [one] = stream([1]).partitions;
  if (one === undefined) throw new Error('no partition');
  const times = ['2026-01-02T00:00:00.000Z', undefined, '2026-01-01T00:00:00.000Z'];
  const partitions = times.map((newest_arrival) => ({ ...one, newest_arrival }));
  expect(newestArrival({ ...stream([]), partitions })).toBe(times[0]);
  expect(newestArrival(stream([1]))).toBeUndefined();
});
