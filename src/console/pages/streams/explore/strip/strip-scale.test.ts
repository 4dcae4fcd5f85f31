import { expect, test } from 'vitest';
import { barsPath, countIn, placeOf, secondAt, stretchOf, stripOf } from './strip-scale.ts';

const strip = stripOf(1_000_000_500);

test('the strip is two minutes, the second of now among them', () => {
  expect(strip).toEqual({ fromMs: 999_881_000, toMs: 1_000_000_000 });
  expect(secondAt(strip, 0)).toBe(strip.fromMs);
  expect(secondAt(strip, 1)).toBe(strip.toMs);
  expect(secondAt(strip, -3)).toBe(strip.fromMs);
});

test('a stretch has its place, whichever end was chosen first', () => {
  const half = stretchOf(strip.toMs, strip.fromMs + 60_000);
  expect(half).toEqual({ fromMs: strip.fromMs + 60_000, toMs: strip.toMs });
  expect(placeOf(strip, half)).toEqual({ at: 0.5, width: 0.5 });
  const gone = { fromMs: strip.fromMs - 60_000, toMs: strip.toMs };
  expect(placeOf(strip, gone)).toEqual({ at: 0, width: 1 });
});

test('bars are as high as their share of the most, and none is nothing', () => {
  const history = [
    { atMs: strip.fromMs - 1000, records: 5 },
    { atMs: strip.fromMs, records: 100 },
    { atMs: strip.fromMs + 1000, records: 1 },
  ];
  expect(barsPath(history, strip, 24)).toBe('M0.1 24v-24h.8v24zM1.1 24v-1h.8v1z');
  expect(barsPath([], strip, 24)).toBe('');
  expect(countIn(history, strip)).toBe(101);
});
