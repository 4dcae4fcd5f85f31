import { expect, test } from 'vitest';
import type { DashboardPanel } from '../../../../server/library/library-api.ts';
import { arranged, freePlace, placeText, resized, stepped, without } from './layout.ts';

/** `a 0,0 6x4` */
function panels(...drawn: readonly string[]): readonly DashboardPanel[] {
  return drawn.map((text) => {
    const [, id = '', ...numbers] = /^(\w) (\d+),(\d+) (\d+)x(\d+)$/.exec(text) ?? [];
    const [x = 0, y = 0, width = 0, height = 0] = numbers.map(Number);
    const place = { x, y, width, height };
    return { id, title: id.toUpperCase(), kind: 'table', source: { sql: '1' }, ...place };
  });
}

function texts(of: readonly DashboardPanel[]): readonly string[] {
  return of.map(({ id, x, y, width, height }) => `${id} ${x},${y} ${width}x${height}`);
}

const two = panels('a 0,0 6x4', 'b 0,4 6x4');
const beside = panels('a 0,0 6x4', 'b 6,0 6x4');

const moves: readonly [string, readonly DashboardPanel[], readonly string[]][] = [
  ['down changes with what is below', stepped(two, 'a', 'down'), ['a 0,4 6x4', 'b 0,0 6x4']],
  ['up changes with what is above', stepped(two, 'b', 'up'), ['a 0,4 6x4', 'b 0,0 6x4']],
  ['up at the top stays', stepped(two, 'a', 'up'), texts(two)],
  ['down at the bottom stays', stepped(two, 'b', 'down'), texts(two)],
  ['left at the edge stays', stepped(two, 'a', 'left'), texts(two)],
  ['right pushes what is there below', stepped(beside, 'a', 'right'), ['a 1,0 6x4', 'b 6,4 6x4']],
  ['beside, the other rises', arranged(two, 'a', { x: 6 }), ['a 6,0 6x4', 'b 0,0 6x4']],
  ['higher pushes down', resized(two, 'a', 'down'), ['a 0,0 6x5', 'b 0,5 6x4']],
  ['wider ends at the edge', resized(beside, 'b', 'right'), texts(beside)],
  ['narrower has its least', arranged(two, 'a', { width: 0 }), ['a 0,0 2x4', 'b 0,4 6x4']],
  ['far outside is inside', arranged(two, 'a', { x: 99, y: -9 }), ['a 6,0 6x4', 'b 0,0 6x4']],
  ['no such panel changes nothing', arranged(two, 'z', { x: 1 }), texts(two)],
  ['what is removed leaves no gap', without(two, 'a'), ['b 0,0 6x4']],
];

test.each(moves)('%s', (_what, after, expected) => {
  expect(texts(after)).toEqual(expected);
});

test('a new panel goes where there is room', () => {
  expect(freePlace([])).toEqual({ x: 0, y: 0, width: 6, height: 4 });
  expect(freePlace(two)).toEqual({ x: 6, y: 0, width: 6, height: 4 });
  expect(freePlace(beside)).toEqual({ x: 0, y: 4, width: 6, height: 4 });
});

test('a place is told in words', () => {
  expect(beside.map(placeText)[1]).toBe('B: column 7, row 1, 6 wide, 4 high');
});
