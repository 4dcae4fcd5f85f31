import { expect, test } from 'vitest';
import { didYouMean, didYouMeanHint } from './did-you-mean.ts';

const options = ['path', 'format', 'source.offset', 'rollover_seconds', 'filename.strategy'];

test.each([
  ['pth', 'path'],
  ['PATH', 'path'],
  ['fromat', 'format'],
  ['rollover_second', 'rollover_seconds'],
  ['source-offset', 'source.offset'],
  ['source_ofset', 'source.offset'],
  ['strategy', 'filename.strategy'],
  ['wholly_different', undefined],
  ['', undefined],
  ['xy', undefined],
])('the name nearest to %j is %j', (name, expected) => {
  expect(didYouMean(name, options)).toBe(expected);
});

test('the name itself is never suggested', () => {
  expect(didYouMean('events', ['events', 'event'])).toBe('event');
});

test('a hint is a sentence, or nothing', () => {
  expect(didYouMeanHint('pth', options)).toBe('Did you mean "path"?');
  expect(didYouMeanHint('wholly_different', options)).toBeUndefined();
});
