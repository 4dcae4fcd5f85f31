import { expect, test } from 'vitest';
import { boardPlace, lastMs, lastText } from './board-place.ts';

function place(search: string): ReturnType<typeof boardPlace> {
  return boardPlace({ path: '/dashboards/shop', search: new URLSearchParams(search) }, '15m');
}

test('an address without anything is as the dashboard says', () => {
  expect(place('')).toEqual({
    range: { kind: 'last', text: '15m', ms: 900_000 },
    typed: {},
    isPaused: false,
    isEditing: false,
    isFull: false,
  });
});

test('everything is in the address', () => {
  const found = place('last=2d&v.product=p1&v.n=&paused=1&edit=1&full=1');
  expect(found).toMatchObject({ typed: { product: 'p1', n: '' }, isPaused: true, isFull: true });
  expect(found.range).toMatchObject({ ms: 172_800_000 });
});

const ranges = [
  ['last=1h', 'the last hour'],
  ['last=30s', 'the last 30 seconds'],
  ['last=never', 'the last hour'],
  ['from=2026-01-31T09:00&to=2026-01-31T08:00', 'the last 15 minutes'],
  ['from=x&to=y', 'the last 15 minutes'],
] as const;

test.each(ranges)('%s is %s', (search, text) => {
  const { range } = place(search);
  expect(range.kind === 'last' && lastText(range.text)).toBe(text);
});

test('two times are instants, whatever the zone that they are written in', () => {
  expect(place('from=2026-01-31T08:00&to=2026-01-31T09:30').range).toEqual({
    kind: 'between',
    from: '2026-01-31T08:00:00.000Z',
    to: '2026-01-31T09:30:00.000Z',
  });
  expect(place('from=2026-01-31T08:00%2B01:00&to=2026-02-01T00:00Z').range).toEqual({
    kind: 'between',
    from: '2026-01-31T07:00:00.000Z',
    to: '2026-02-01T00:00:00.000Z',
  });
});

test('lengths of time are small and positive', () => {
  const texts = ['90s', '0m', '-1m', '1w', '123456m', ''];
  expect(texts.map(lastMs)).toEqual([90_000, ...Array<undefined>(5)]);
});
