import { expect, test } from 'vitest';
import { movedCell, rangeOf } from './movement.ts';

const size = { rows: 100, columns: 5, pageRows: 20 };
const at = { row: 10, column: 2 };

test.each([
  ['ArrowUp', false, { row: 9, column: 2 }],
  ['ArrowDown', true, { row: 99, column: 2 }],
  ['ArrowUp', true, { row: 0, column: 2 }],
  ['ArrowLeft', true, { row: 10, column: 0 }],
  ['ArrowRight', false, { row: 10, column: 3 }],
  ['Home', false, { row: 10, column: 0 }],
  ['End', true, { row: 99, column: 4 }],
  ['PageDown', false, { row: 30, column: 2 }],
  ['PageUp', false, { row: 0, column: 2 }],
  ['x', false, undefined],
])('%s (control: %s) leads to %j', (key, ctrlKey, expected) => {
  expect(movedCell(at, { key, ctrlKey }, size)).toEqual(expected);
});

test('above the first row are the heads, and nothing is beyond them', () => {
  const head = movedCell({ row: 0, column: 0 }, { key: 'ArrowUp', ctrlKey: false }, size);
  expect(head).toEqual({ row: -1, column: 0 });
  expect(head && movedCell(head, { key: 'ArrowUp', ctrlKey: false }, size)).toEqual(head);
});

test('a range is the same from either end', () => {
  const range = rangeOf({ row: 5, column: 3 }, { row: 2, column: 4 });
  expect(range).toEqual(rangeOf({ row: 2, column: 4 }, { row: 5, column: 3 }));
  expect(range).toEqual({ from: { row: 2, column: 3 }, to: { row: 5, column: 4 } });
});
