import { expect, test } from 'vitest';
import { durationMsOf, sizeBytesOf } from './quantities.ts';

test.each([
  ['128MB', 128 * 1024 ** 2],
  ['5 m', 5 * 1024 ** 2],
  ['1024', 1024],
  ['7b', 7],
  ['2GiB', 2 * 1024 ** 3],
  ['1p', 1024 ** 5],
  ['0', 0],
  ['', undefined],
  ['MB', undefined],
  ['1.5GB', undefined],
  ['-1', undefined],
  ['1 parsec', undefined],
  ['999999999999999p', undefined],
])('the size %j is %j bytes', (text, expected) => {
  expect(sizeBytesOf(text)).toBe(expected);
});

test.each([
  ['5 minutes', 300_000],
  ['30s', 30_000],
  ['1 hour 30 minutes', 5_400_000],
  ['1.5 h', 5_400_000],
  ['100ms', 100],
  ['2 weeks', 1_209_600_000],
  ['00:05:00', 300_000],
  ['6000', 6_000_000],
  ['0.5', 500],
  ['-1', -1000],
  ['1 month', undefined],
  ['soon', undefined],
  ['5 constructor', undefined],
  ['', undefined],
])('the duration %j is %j ms', (text, expected) => {
  expect(durationMsOf(text)).toBe(expected);
});
