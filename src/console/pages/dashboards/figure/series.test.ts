import { expect, test } from 'vitest';
import { isNumeric, numberOf, seriesOf } from './series.ts';

const time = { name: 'minute', type: 'TIMESTAMP' };
const count = { name: 'events', type: 'BIGINT' };

test('each column of numbers is a line, along times in their order', () => {
  const found = seriesOf({
    columns: [time, count, { name: 'note', type: 'VARCHAR' }],
    rows: [
      ['2026-01-31T08:01:00Z', '12', 'x'],
      ['2026-01-31T08:00:00Z', null, 'y'],
      [null, '1', 'z'],
    ],
  });
  expect(found).toEqual({
    xName: 'minute',
    xs: [Date.UTC(2026, 0, 31, 8, 0), Date.UTC(2026, 0, 31, 8, 1)],
    labels: ['2026-01-31 08:00', '2026-01-31 08:01'],
    lines: [{ name: 'events', values: [undefined, 12] }],
    hiddenCount: 0,
  });
});

test('each word of the second of three columns is a line', () => {
  const found = seriesOf({
    columns: [time, { name: 'type', type: 'VARCHAR' }, count],
    rows: [
      ['2026-01-31T08:00:00Z', 'view', '5'],
      ['2026-01-31T08:00:00Z', null, '1'],
      ['2026-01-31T08:01:00Z', 'view', '7'],
    ],
  });
  expect(found?.lines).toEqual([
    { name: 'view', values: [5, 7] },
    { name: 'NULL', values: [1, undefined] },
  ]);
});

test('words along x keep their order; of many lines some are drawn', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const columns = names.map((name) => ({ name, type: name === 'a' ? 'VARCHAR' : 'DOUBLE' }));
  const found = seriesOf({
    columns,
    rows: [
      ['z', 1, 2, 3, 4, 5],
      ['y', 1, 2, 3, 4, 5],
    ],
  });
  expect(found).toMatchObject({ xs: [0, 1], labels: ['z', 'y'], hiddenCount: 1 });
  expect(found?.lines).toHaveLength(4);
});

test('without a number there is nothing to draw', () => {
  const word = { name: 'a', type: 'VARCHAR' };
  expect(seriesOf({ columns: [count], rows: [] })).toBeUndefined();
  expect(seriesOf({ columns: [word, word], rows: [['a', 'b']] })).toBeUndefined();
});

test('types and texts of numbers are known', () => {
  const types = ['BIGINT', 'UBIGINT', 'HUGEINT', 'INTEGER', 'DECIMAL(18,2)', 'DOUBLE', 'UINTEGER'];
  expect(types.filter((type) => !isNumeric(type))).toEqual([]);
  expect(['VARCHAR', 'INTERVAL', 'TIMESTAMP', undefined].filter(isNumeric)).toEqual([]);
  expect(['12', 1.5, null, '', 'x', 'NaN'].map(numberOf)).toEqual([
    12,
    1.5,
    ...Array<undefined>(4),
  ]);
});
