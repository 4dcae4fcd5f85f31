import { expect, test } from 'vitest';
import { gridColumns } from './columns.ts';
import { arranged, nullMark } from './order.ts';

const columns = gridColumns([
  { name: 'n', type: 'HUGEINT' },
  { name: 't', type: 'VARCHAR' },
]);
const rows = [
  ['9007199254740993', 'b'],
  ['9007199254740992', 'A'],
  [null, ''],
  ['-5', null],
];

test('wide numbers are sorted exactly, NULL last both ways', () => {
  const sorted = (isDescending: boolean) =>
    arranged(rows, columns, { sorting: { column: 0, isDescending }, filters: [] });
  expect(sorted(false)).toEqual([3, 1, 0, 2]);
  expect(sorted(true)).toEqual([0, 1, 3, 2]);
});

test.each([
  ['1.10', '1.9', -1],
  ['2', '10', -1],
  ['NaN', '5', 1],
  ['Infinity', 'NaN', -1],
  ['1.50', '1.5', 0],
])('%s against %s', (left, right, sign) => {
  const order = arranged([[left], [right]], columns, {
    sorting: { column: 0, isDescending: false },
    filters: [],
  });
  expect(order).toEqual(sign > 0 ? [1, 0] : [0, 1]);
});

test.each([
  [{ column: undefined, text: 'a', isExact: false }, [1]],
  [{ column: 1, text: 'b', isExact: true }, [0]],
  [{ column: 1, text: nullMark, isExact: true }, [3]],
  [{ column: 1, text: '', isExact: true }, [2]],
  [{ column: 0, text: '900719', isExact: false }, [0, 1]],
])('the filter %j leaves %j', (filter, expected) => {
  expect(arranged(rows, columns, { sorting: undefined, filters: [filter] })).toEqual(expected);
});
