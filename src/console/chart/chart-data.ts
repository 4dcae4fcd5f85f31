import { cellText, exactText, withoutZone } from '../grid/values/cell-text.ts';
import type { ColumnKind, GridColumn } from '../grid/values/columns.ts';
import type { GridRow } from '../grid/values/order.ts';
import { count } from '../text.ts';
import { timeText } from '../time/time-text.ts';
import { utc } from '../time/zone-offset.ts';
import type { ChartSpec } from './chart-choice.ts';
import { thinnedPlaces } from './thinned.ts';
import { axisSeconds } from './time-labels.ts';

export type Series = { readonly name: string; readonly values: readonly (number | null)[] };

/** What is drawn: one place along the axis for each of `x`, and each series' value there. */
export type ChartData = {
  readonly axis: 'time' | 'number' | 'name' | 'row';
  /** Seconds since 1970 for times; for names, their places. */
  readonly x: readonly number[];
  /** The texts of `x`; those of times are as the server writes them (`labelText`). */
  readonly labels: readonly string[];
  readonly isTime: boolean;
  readonly series: readonly Series[];
  /** What was left out, in words; empty where all is drawn. */
  readonly leftOut: readonly string[];
};

const seriesMax = 12;
const namesMax = 60;

/** The text of a place, on clocks of `zone` where it is an instant. */
export function labelText(
  { labels, isTime }: Pick<ChartData, 'labels' | 'isTime'>,
  index: number,
  zone: string,
): string {
  const label = labels[index] ?? '';
  return isTime ? timeText(label, zone) : label;
}

/** Series that instants name have their times on clocks of `zone`. */
export function chartData(
  spec: ChartSpec,
  columns: readonly GridColumn[],
  rows: readonly GridRow[],
  zone: string,
): ChartData {
  const nameOf = seriesNamer(spec, columns, zone);
  if (spec.kind === 'scatter' && spec.x !== undefined) return points(spec, columns, rows, nameOf);
  const axis = axisOf(spec, columns);
  const leftOut: string[] = [];
  const isTime = isTimeKind(columns[spec.x ?? -1]?.kind);
  const cells =
    axis === 'name' ? namedCells(spec, columns, rows) : measuredCells(spec, columns, rows);
  const names = seriesNames(spec, rows, nameOf, leftOut);
  const places = placesOf(cells.keys, axis, leftOut);
  const placeByKey = new Map(places.map((key, index) => [key, index]));
  const values = new Map(names.map((name) => [name, emptyValues(places.length)]));
  let covered = 0;
  for (const [at, row] of rows.entries()) {
    const key = cells.keys[at];
    const place = key === undefined ? undefined : placeByKey.get(key);
    if (place === undefined) continue;
    for (const y of spec.y) {
      const series = values.get(nameOf(row, y));
      const value = numberOf(row[y]);
      if (series === undefined || value === null) continue;
      if (series[place] !== null) covered++;
      series[place] = value;
    }
  }
  if (covered > 0) leftOut.push(`${covered} values where a later row has the same place`);
  const series = [...values].map(([name, drawn]) => ({ name, values: drawn }));
  const labels = places.map((key) => cells.labels.get(key) ?? String(key));
  if (axis === 'name') return { axis, x: [...places.keys()], labels, isTime, series, leftOut };
  const x = places.map(Number);
  return thinned({ axis, x, labels, isTime, series, leftOut });
}

/** Each row is a point of its own, also where others are at the same place. */
function points(
  spec: ChartSpec,
  columns: readonly GridColumn[],
  rows: readonly GridRow[],
  nameOf: SeriesNamer,
): ChartData {
  const leftOut: string[] = [];
  const { keys, labels } = measuredCells(spec, columns, rows);
  const placed = [...rows.keys()]
    .filter((at) => keys[at] !== undefined)
    .toSorted((one, other) => Number(keys[one]) - Number(keys[other]));
  const missing = rows.length - placed.length;
  if (missing > 0) leftOut.push(`${missing} rows without a place on the axis`);
  const names = seriesNames(spec, rows, nameOf, leftOut);
  const series = names.map((name) => ({
    name,
    values: placed.map((at) => {
      const row = rows[at] ?? [];
      const y = spec.y.find((one) => nameOf(row, one) === name);
      return y === undefined ? null : numberOf(row[y]);
    }),
  }));
  const isTime = axisOf(spec, columns) === 'time';
  return thinned({
    axis: isTime ? 'time' : 'number',
    x: placed.map((at) => Number(keys[at])),
    labels: placed.map((at) => labels.get(keys[at] ?? '') ?? ''),
    isTime,
    series,
    leftOut,
  });
}

function thinned(data: ChartData): ChartData {
  const { x, labels, series, leftOut } = data;
  const places = thinnedPlaces(
    x.length,
    series.map(({ values }) => values),
  );
  if (places.length === x.length) return data;
  const without = count(x.length - places.length);
  return {
    ...data,
    x: places.map((place) => x[place] ?? 0),
    labels: places.map((place) => labels[place] ?? ''),
    series: series.map(({ name, values }) => ({
      name,
      values: places.map((place) => values[place] ?? null),
    })),
    leftOut: [
      ...leftOut,
      `${without} of ${count(x.length)} points between each stretch’s least and greatest`,
    ],
  };
}

type Key = string | number;
type Keyed = {
  /** Of each row; undefined where it has no place. */
  readonly keys: readonly (Key | undefined)[];
  readonly labels: ReadonlyMap<Key, string>;
};

function axisOf(spec: ChartSpec, columns: readonly GridColumn[]): ChartData['axis'] {
  const kind = columns[spec.x ?? -1]?.kind;
  if (kind === undefined) return 'row';
  if (spec.kind === 'bar' || spec.kind === 'pie') return 'name';
  if (isTimeKind(kind)) return 'time';
  return kind === 'number' ? 'number' : 'name';
}

function namedCells(
  { x = -1 }: ChartSpec,
  columns: readonly GridColumn[],
  rows: readonly GridRow[],
): Keyed {
  const labels = new Map<Key, string>();
  const kind = columns[x]?.kind ?? 'text';
  const keys = rows.map((row) => {
    const text = exactText(row[x]);
    const key = text ?? '\u0000NULL';
    labels.set(key, text === undefined ? 'NULL' : labelOf(text, kind) || '(empty)');
    return key;
  });
  return { keys, labels };
}

/** Instants are written when it is known where: `labelText`. */
function labelOf(text: string, kind: ColumnKind): string {
  if (kind === 'instant') return text;
  return kind === 'time' ? withoutZone(text) : cellText(text, kind, utc);
}

function isTimeKind(kind: ColumnKind | undefined): boolean {
  return kind === 'instant' || kind === 'time';
}

function measuredCells(
  { x }: ChartSpec,
  columns: readonly GridColumn[],
  rows: readonly GridRow[],
): Keyed {
  const labels = new Map<Key, string>();
  const column = columns[x ?? -1];
  const keys = rows.map((row, index) => {
    if (column === undefined) return index + 1;
    const value = row[column.index];
    const key = isTimeKind(column.kind) ? axisSeconds(value) : numberOf(value);
    if (key === null) return undefined;
    labels.set(key, labelOf(exactText(value) ?? '', column.kind));
    return key;
  });
  return { keys, labels };
}

function placesOf(
  keys: readonly (Key | undefined)[],
  axis: ChartData['axis'],
  leftOut: string[],
): readonly Key[] {
  const missing = keys.filter((key) => key === undefined).length;
  if (missing > 0) leftOut.push(`${missing} rows without a place on the axis`);
  const places = [...new Set(keys)].filter((key) => key !== undefined);
  if (axis === 'name') {
    const left = places.length - namesMax;
    if (left > 0) leftOut.push(`${left} more names after the first ${namesMax}`);
    return places.slice(0, namesMax);
  }
  return places.toSorted((one, other) => Number(one) - Number(other));
}

function seriesNames(
  spec: ChartSpec,
  rows: readonly GridRow[],
  nameOf: SeriesNamer,
  leftOut: string[],
): readonly string[] {
  const names = new Set<string>();
  for (const row of rows) {
    for (const y of spec.y) names.add(nameOf(row, y));
    if (spec.series === undefined) break;
  }
  if (names.size > seriesMax) {
    leftOut.push(`${names.size - seriesMax} more series after the first ${seriesMax}`);
  }
  return [...names].slice(0, seriesMax);
}

/** The name of the series that a row's value in the column at `y` belongs to. */
type SeriesNamer = (row: GridRow, y: number) => string;

function seriesNamer(
  { series, y: all }: ChartSpec,
  columns: readonly GridColumn[],
  zone: string,
): SeriesNamer {
  const kind = columns[series ?? -1]?.kind;
  return (row, y) => {
    const value = columns[y]?.name ?? '';
    if (series === undefined) return value;
    const text = exactText(row[series]) ?? 'NULL';
    const name = kind === 'instant' || kind === 'time' ? cellText(text, kind, zone) : text;
    return all.length > 1 ? `${name} · ${value}` : name;
  };
}

function numberOf(value: unknown): number | null {
  if (value === null || value === undefined) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function emptyValues(length: number): (number | null)[] {
  return Array.from({ length }, () => null);
}
