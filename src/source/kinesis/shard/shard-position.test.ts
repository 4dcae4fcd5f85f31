import { expect, test } from 'vitest';
import { position } from '../../../event/record.ts';
import { comparePositions, formatPosition, isSamePlace, parsePosition } from './shard-position.ts';

test.each([
  'START~1700000000000',
  '@1700000000000',
  '@1700000000000~1800000000000',
  '0',
  '49680479345307362170183907292978850417475592718246739970',
  '49680479345307362170183907292978850417475592718246739970~1700000000000',
  '<49680479345307362170183907292978850417475592718246739970',
  '<49680479345307362170183907292978850417475592718246739970~1700000000000',
  '<@1700000000000',
  'END',
  'END~1700000000000',
])('%s is read and written alike', (text) => {
  expect(formatPosition(parsePosition(position(text)))).toBe(text);
});

test.each([
  '',
  'START',
  'end',
  'END~',
  '<',
  '<<1',
  '<END',
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

function parsed(text: string | undefined): ReturnType<typeof parsePosition> {
  return parsePosition(text === undefined ? text : position(text));
}

/** In their order; what is in one group is one place. */
const placeGroups = [
  [undefined, 'START~5'],
  ['@5', '@5~9'],
  ['@7'],
  ['<@7'],
  ['<9~7'],
  ['9~7', '9~8'],
  ['<10~8'],
  ['10~9'],
  ['49680479345307362170183907292978850417475592718246739970~1700000000000'],
  ['END', 'END~3'],
] as const;

test('positions are in the order of their records, whatever their times', () => {
  const groups = placeGroups.map((group) => group.map(parsed));
  for (const [at, lefts] of groups.entries()) {
    for (const [other, rights] of groups.entries()) {
      for (const left of lefts) {
        for (const right of rights) {
          expect(Math.sign(comparePositions(left, right))).toBe(Math.sign(at - other));
          expect(isSamePlace(left, right)).toBe(at === other);
        }
      }
    }
  }
});

test.each([
  ['@1000', '7~1000', -1],
  ['@1000', '<7~1000', -1],
  ['@999', '7~1000', -1],
  ['@301001', '7~1000', 1],
  ['@1001', '7~1000', 'conflict'],
  ['@301000', '7~1000', 'conflict'],
  ['@1000', '7', 'conflict'],
  ['<@1000', '7~999', 1],
  ['<@1000', '7~1000', -1],
  ['<@1000', '7', 1],
] as const)('%s and %s: %s', (time, record, order) => {
  const [left, right] = [parsed(time), parsed(record)];
  if (order === 'conflict') {
    for (const pair of [[left, right] as const, [right, left] as const]) {
      const compare = (): number => comparePositions(...pair);
      expect(compare).toThrow(expect.objectContaining({ code: 'conflict' }) as Error);
      expect(compare).toThrow(/Which comes first in a shard, @\d+ or <?\d+~?\d*, isn't known/);
    }
    return;
  }
  expect(comparePositions(left, right)).toBe(order);
  expect(comparePositions(right, left)).toBe(-order);
});
