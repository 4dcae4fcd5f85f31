import { expect, test } from 'vitest';
import { recordsMax, TailBuffer } from './tail-buffer.ts';

const time = '2026-01-31T08:00:00.000Z';

function arrival(lines: readonly string[], dropped: { bytes?: number; records?: number } = {}) {
  return {
    records: lines.map((text) => ({ time, text })),
    droppedBytes: dropped.bytes ?? 0,
    droppedRecords: dropped.records ?? 0,
  };
}

function texts(buffer: TailBuffer): readonly string[] {
  return buffer.view(0).records.map(({ text }) => text);
}

test('the newest stand first, and each has a key of its own', () => {
  const buffer = new TailBuffer(0);
  buffer.add(arrival(['a', 'b']), 1);
  buffer.add(arrival(['c']), 2);
  expect(texts(buffer)).toEqual(['c', 'b', 'a']);
  expect(buffer.view(0).records.map(({ key }) => key)).toEqual([2, 1, 0]);
});

test('only so many are kept, and the keys go on', () => {
  const buffer = new TailBuffer(0);
  buffer.add(arrival(['first']), 1);
  buffer.add(arrival(Array.from({ length: recordsMax + 5 }, (_, index) => String(index))), 2);
  const { records, totalCount } = buffer.view(0);
  expect(records).toHaveLength(recordsMax);
  expect(records[0]).toMatchObject({ text: String(recordsMax + 4), key: recordsMax + 5 });
  expect(totalCount).toBe(recordsMax + 6);
});

test('while it is held nothing moves, and what comes is counted', () => {
  const buffer = new TailBuffer(0);
  buffer.add(arrival(['a']), 1);
  buffer.hold();
  buffer.add(arrival(['b', 'c']), 2);
  buffer.hold();
  expect(texts(buffer)).toEqual(['a']);
  expect(buffer.view(2)).toMatchObject({ isHeld: true, newCount: 2 });
  buffer.release();
  expect(texts(buffer)).toEqual(['c', 'b', 'a']);
  expect(buffer.view(2)).toMatchObject({ isHeld: false, newCount: 0 });
});

const rates: readonly (readonly [string, object, object])[] = [
  ['all', {}, { recordsPerSecond: 0.4, oneOf: 1 }],
  ['one of 40 by bytes', { bytes: 39 * 4 }, { recordsPerSecond: 16, oneOf: 40 }],
  ['one of 11 by records', { records: 20 }, { recordsPerSecond: 4.4, oneOf: 11 }],
];

test.each(rates)('the rate counts what was left out: %s', (_, dropped, expected) => {
  const buffer = new TailBuffer(0);
  buffer.add(arrival(['a', 'b'], dropped), 9000);
  expect(buffer.view(10_000).rate).toMatchObject(expected);
  expect(buffer.view(20_000).rate).toMatchObject({ recordsPerSecond: 0, oneOf: 1 });
});

test('begins with what was there before, and shows none of it twice', () => {
  const buffer = new TailBuffer(0);
  const at = (position: string) => ({ time, partition: '0', position, text: position });
  buffer.beginWith([at('10'), at('20')]);
  buffer.add({ records: [at('20'), at('30')], droppedBytes: 0, droppedRecords: 0 }, 1);
  expect(texts(buffer)).toEqual(['30', '20', '10']);
  buffer.beginWith([at('5')]);
  expect(texts(buffer)).toEqual(['30', '20', '10']);
});

test('what came within a second is new, unless it is held', () => {
  const buffer = new TailBuffer(0);
  buffer.add(arrival(['a', 'b']), 1000);
  buffer.add(arrival(['c']), 1900);
  expect(buffer.view(1900).freshKey).toBe(0);
  expect(buffer.view(2100).freshKey).toBe(2);
  expect(buffer.view(2900).freshKey).toBe(3);
  buffer.hold();
  expect(buffer.view(1900).freshKey).toBe(Infinity);
});

test('seconds have what came in them, and all that was left out is counted', () => {
  const buffer = new TailBuffer(0);
  buffer.add(arrival(['a', 'b']), 1200);
  buffer.add(arrival(['c'], { records: 4 }), 1900);
  buffer.add(arrival(['d', 'e'], { bytes: 8 }), 3000);
  const { history, leftOut } = buffer.view(3000);
  expect(history).toEqual([
    { atMs: 1000, records: 7 },
    { atMs: 3000, records: 6 },
  ]);
  expect(leftOut).toEqual({ records: 4, bytes: 8 });
});
