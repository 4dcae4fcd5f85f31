import { expect, test } from 'vitest';
import { gridColumns } from '../../../grid/values/columns.ts';
import { panelChart } from './panel-chart.ts';

const cases: readonly [types: string, chart: object | undefined][] = [
  ['TIMESTAMP BIGINT DOUBLE', { x: 0, y: [1, 2], series: undefined }],
  ['TIMESTAMP VARCHAR BIGINT', { x: 0, y: [2], series: 1 }],
  ['VARCHAR BIGINT VARCHAR', { x: 0, y: [1], series: undefined }],
  ['BIGINT DECIMAL(18,2)', { x: 0, y: [1], series: undefined }],
  ['VARCHAR VARCHAR', undefined],
  ['BIGINT', undefined],
];

test.each(cases)('columns of %s are drawn as %j', (types, chart) => {
  const columns = gridColumns(types.split(' ').map((type, at) => ({ name: `c${at}`, type })));
  const drawn = chart === undefined ? undefined : { kind: 'line', ...chart };
  expect(panelChart('line', columns)).toEqual(drawn);
});
