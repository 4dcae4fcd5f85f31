import { expect, test } from 'vitest';
import { position } from '../../../event/record.ts';
import { comparePositions, formatPosition, parsePosition } from './shard-position.ts';

test.each([
  'START~1700000000000',
  '@1700000000000',
  '@1700000000000~1800000000000',
  '0',
  '49680479345307362170183907292978850417475592718246739970',
  '49680479345307362170183907292978850417475592718246739970~1700000000000',
  'END',
])('%s is read and written alike', (text) => {
  expect(formatPosition(parsePosition(position(text)))).toBe(text);
});

test.each([
  '',
  'START',
  'end',
  'END~1',
  '@',
  '@x',
  '-1',
  '1.5',
  '00',
  '1~',
  '~1',
  '1~x',
  '12 ',
  '7'.repeat(130),
])('%j is no position', (text) => {
  expect(() => parsePosition(position(text))).toThrow(/is no position in a shard/);
});

test('positions are in the order of their records, whatever their times', () => {
  const groups = [
    [undefined, 'START~5'],
    ['@5', '@5~9'],
    ['@1700000000000~1'],
    ['9', '9~1', '9~2'],
    ['10'],
    ['49680479345307362170183907292978850417475592718246739970~3'],
    ['END'],
  ].map((group) => group.map((text) => parsePosition(text === undefined ? text : position(text))));
  for (const [at, lefts] of groups.entries()) {
    for (const [other, rights] of groups.entries()) {
      for (const left of lefts) {
        for (const right of rights) {
          expect(Math.sign(comparePositions(left, right))).toBe(Math.sign(at - other));
        }
      }
    }
  }
});
