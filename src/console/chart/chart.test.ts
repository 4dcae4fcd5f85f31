import { expect, test } from 'vitest';
import { gridColumns } from '../grid/values/columns.ts';
import { chartOfText, chartText, chosenChart } from './chart-choice.ts';
import { chartData, labelText } from './chart-data.ts';

const columnsOf = (...types: string[]) =>
  gridColumns(types.map((type, index) => ({ name: `c;${index}`, type })));

test.each([
  [['TIMESTAMPTZ', 'BIGINT', 'DOUBLE'], 9, { kind: 'line', x: 0, y: [1, 2], series: undefined }],
  [['TIMESTAMPTZ', 'VARCHAR', 'DOUBLE'], 9, { kind: 'line', x: 0, y: [2], series: 1 }],
  [['VARCHAR', 'BIGINT'], 9, { kind: 'bar', x: 0, y: [1], series: undefined }],
  [['VARCHAR', 'VARCHAR', 'BIGINT'], 9, { kind: 'bar', x: 0, y: [2], series: 1 }],
  [['BIGINT'], 1, { kind: 'number', x: undefined, y: [0], series: undefined }],
  [['BIGINT'], 9, { kind: 'line', x: undefined, y: [0], series: undefined }],
  [['BIGINT', 'DOUBLE'], 9, { kind: 'scatter', x: 0, y: [1], series: undefined }],
  [['VARCHAR'], 9, undefined],
] as const)('%j with %i rows is drawn as %j', (types, rowCount, expected) => {
  expect(chosenChart(columnsOf(...types), rowCount)).toEqual(expected);
});

test('a choice is the same after its text, and none where the columns are others', () => {
  const columns = columnsOf('VARCHAR', 'BIGINT', 'BIGINT');
  const spec = { kind: 'bar', x: 0, y: [1, 2], series: undefined } as const;
  expect(chartOfText(chartText(spec, columns), columns)).toEqual(spec);
  expect(chartOfText('bar;c%3B9;c%3B1;', columns)).toBeUndefined();
  expect(chartOfText('wrong;;c%3B1;', columns)).toBeUndefined();
  expect(chartOfText('line;;c%3B0;', columns)).toBeUndefined();
});

test('rows become points in the order of time, a series for each name', () => {
  const columns = columnsOf('TIMESTAMPTZ', 'VARCHAR', 'BIGINT');
  const rows = [
    ['1970-01-01T00:00:02Z', 'a', '5'],
    ['1970-01-01T00:00:01Z', 'b', '7'],
    ['1970-01-01T00:00:02Z', 'b', null],
    ['infinity', 'a', '1'],
  ];
  const data = chartData({ kind: 'line', x: 0, y: [2], series: 1 }, columns, rows, 'UTC');
  expect(data).toEqual({
    axis: 'time',
    x: [1, 2],
    labels: ['1970-01-01T00:00:01Z', '1970-01-01T00:00:02Z'],
    isTime: true,
    series: [
      { name: 'a', values: [null, 5] },
      { name: 'b', values: [7, null] },
    ],
    leftOut: ['1 rows without a place on the axis'],
  });
  expect(labelText(data, 0, 'Europe/Berlin')).toBe('1970-01-01 01:00:01+01:00');
});

test('points at one place are all drawn; of lines the last is, and that is told', () => {
  const columns = columnsOf('BIGINT', 'DOUBLE');
  const rows = [
    ['2', 5],
    ['1', 6],
    ['2', 7],
  ];
  const spec = { x: 0, y: [1], series: undefined } as const;
  const scatter = chartData({ kind: 'scatter', ...spec }, columns, rows, 'UTC');
  expect(scatter.x).toEqual([1, 2, 2]);
  expect(scatter.series[0]?.values).toEqual([6, 5, 7]);
  const lines = chartData({ kind: 'line', ...spec }, columns, rows, 'UTC');
  expect(lines.series[0]?.values).toEqual([6, 7]);
  expect(lines.leftOut).toEqual(['1 values where a later row has the same place']);
});

test('names keep their order, and too many are told of', () => {
  const rows = Array.from({ length: 100 }, (_, index) => [`n${index}`, index]);
  const columns = columnsOf('VARCHAR', 'BIGINT');
  const data = chartData({ kind: 'bar', x: 0, y: [1], series: undefined }, columns, rows, 'UTC');
  expect(data.labels.slice(0, 2)).toEqual(['n0', 'n1']);
  expect(data.x).toHaveLength(60);
  expect(data.leftOut).toEqual(['40 more names after the first 60']);
});

test('series by an instant are named by the clocks of the chosen zone', () => {
  const columns = columnsOf('VARCHAR', 'TIMESTAMPTZ', 'BIGINT', 'TIMESTAMP');
  const time = '2026-11-23T10:00:00Z';
  const rows = [
    ['a', time, '1', time],
    ['a', null, '2', null],
  ];
  const named = (series: number): string[] =>
    chartData({ kind: 'bar', x: 0, y: [2], series }, columns, rows, 'Europe/Berlin').series.map(
      ({ name }) => name,
    );
  expect(named(1)).toEqual(['2026-11-23 11:00:00+01:00', 'NULL']);
  expect(named(3)).toEqual(['2026-11-23 10:00:00', 'NULL']);
});
