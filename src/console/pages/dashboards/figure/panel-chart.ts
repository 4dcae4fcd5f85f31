import type { PanelKind } from '../../../../server/library/library-api.ts';
import type { ChartSpec } from '../../../chart/chart-choice.ts';
import type { GridColumn } from '../../../grid/values/columns.ts';

/**
 * How a panel draws its columns: the first lies along, numbers behind it are a series each; with
 * words in the second of three, each word is a series of the third. Undefined without a number.
 */
export function panelChart(
  kind: Extract<PanelKind, 'line' | 'bar'>,
  columns: readonly GridColumn[],
): ChartSpec | undefined {
  const [, second, third] = columns;
  const isByWord = columns.length === 3 && second?.kind !== 'number' && third?.kind === 'number';
  if (isByWord) return { kind, x: 0, y: [2], series: 1 };
  const y = columns.slice(1).filter((column) => column.kind === 'number');
  if (y.length === 0) return undefined;
  return { kind, x: 0, y: y.map(({ index }) => index), series: undefined };
}
