import type { GridColumn } from '../grid/values/columns.ts';

export type ChartKind = 'line' | 'area' | 'bar' | 'scatter' | 'pie' | 'number';

/** How a result is drawn; columns by their places. */
export type ChartSpec = {
  readonly kind: ChartKind;
  /** Along the axis; undefined for numbers alone. */
  readonly x: number | undefined;
  readonly y: readonly number[];
  /** Whose values each make a series of their own. */
  readonly series: number | undefined;
};

export const chartKinds: readonly ChartKind[] = ['line', 'area', 'bar', 'scatter', 'pie', 'number'];

/** So many numbers are drawn unless some are chosen: more are no picture. */
const valuesMax = 6;

/**
 * What suits the columns: time and numbers are lines, a name and numbers bars, two numbers points,
 * one row of numbers is them. Undefined where there is no number to draw.
 */
export function chosenChart(
  columns: readonly GridColumn[],
  rowCount: number,
): ChartSpec | undefined {
  const placesOf = (kind: GridColumn['kind']): readonly number[] =>
    columns.filter((column) => column.kind === kind).map(({ index }) => index);
  const numbers = placesOf('number').slice(0, valuesMax);
  const [first, second] = numbers;
  if (first === undefined) return undefined;
  const [time] = [...placesOf('instant'), ...placesOf('time')];
  const [name, otherName] = [...placesOf('text'), ...placesOf('boolean')];
  if (rowCount === 1 && time === undefined && name === undefined) {
    return { kind: 'number', x: undefined, y: numbers, series: undefined };
  }
  if (time !== undefined) {
    const y = name === undefined ? numbers : [first];
    return { kind: 'line', x: time, y, series: name };
  }
  if (name !== undefined) {
    const y = otherName === undefined ? numbers : [first];
    return { kind: 'bar', x: name, y, series: otherName };
  }
  if (second === undefined) return { kind: 'line', x: undefined, y: numbers, series: undefined };
  return { kind: 'scatter', x: first, y: [second], series: undefined };
}

/** A choice as text, by the columns' names: `bar;type;events,mean;platform`. */
export function chartText(
  { kind, x, y, series }: ChartSpec,
  columns: readonly GridColumn[],
): string {
  const name = (place: number | undefined): string =>
    encodeURIComponent(columns[place ?? -1]?.name ?? '');
  return [kind, name(x), y.map(name).join(','), name(series)].join(';');
}

/** The choice of such a text; undefined where it does not fit these columns. */
export function chartOfText(text: string, columns: readonly GridColumn[]): ChartSpec | undefined {
  const [kind, x = '', y = '', series = ''] = text.split(';');
  const found = chartKinds.find((one) => one === kind);
  const place = (name: string): number | undefined =>
    columns.find((column) => encodeURIComponent(column.name) === name)?.index;
  const values = y
    .split(',')
    .map(place)
    .filter((one) => one !== undefined);
  const isNumeric = values.every((value) => columns[value]?.kind === 'number');
  if (found === undefined || values.length === 0 || !isNumeric) return undefined;
  if ((x !== '' && place(x) === undefined) || (series !== '' && place(series) === undefined)) {
    return undefined;
  }
  return { kind: found, x: place(x), y: values, series: place(series) };
}
