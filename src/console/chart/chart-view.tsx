import { lazy, type ReactNode, type RefObject, Suspense, useMemo, useRef } from 'react';
import type { ColumnAnswer } from '../../server/api.ts';
import { exactText, grouped } from '../grid/values/cell-text.ts';
import { type GridColumn, gridColumns } from '../grid/values/columns.ts';
import type { GridRow } from '../grid/values/order.ts';
import { count } from '../text.ts';
import { useZone } from '../time/zone.ts';
import { type ChartSpec, chartOfText, chartText, chosenChart } from './chart-choice.ts';
import { ChartControls } from './chart-controls.tsx';
import { type ChartData, chartData, labelText } from './chart-data.ts';
import type { SeenRange } from './picture.ts';
import './chart-view.css';

const LazyLines = lazy(async () => ({ default: (await import('./line-chart.tsx')).LineChart }));
const LazyBars = lazy(async () => ({ default: (await import('./bar-chart.tsx')).BarChart }));

/** A result as a picture, chosen by itself or as `choice` says. */
export function ChartView({
  answered,
  rows,
  isPart,
  choice,
  onChoose,
}: {
  readonly answered: readonly ColumnAnswer[];
  readonly rows: readonly GridRow[];
  /** The result has more rows than these. */
  readonly isPart: boolean;
  /** Empty: by itself. */
  readonly choice: string;
  readonly onChoose: (choice: string) => void;
}): ReactNode {
  const key = JSON.stringify(answered);
  const columns = useMemo(() => gridColumns(JSON.parse(key) as ColumnAnswer[]), [key]);
  const spec = chartOfText(choice, columns) ?? chosenChart(columns, rows.length);
  const specText = spec === undefined ? '' : chartText(spec, columns);
  const zone = useZone();
  const data = useMemo(() => {
    const wanted = chartOfText(specText, columns);
    return wanted === undefined ? undefined : chartData(wanted, columns, rows, zone);
  }, [specText, columns, rows, zone]);
  const box = useRef<HTMLDivElement>(null);
  const seen = useRef<SeenRange>(undefined);
  if (spec === undefined || data === undefined || rows.length === 0) {
    return <p className="chart-none quiet">{whyNone(rows)}</p>;
  }
  const notes = [...(isPart ? [`the first ${count(rows.length)} rows alone`] : []), ...left(data)];
  return (
    <div className="chart">
      <ChartControls
        {...{ spec, data, columns, rows, box, seen }}
        isChosen={choice !== ''}
        onChoose={(next) => onChoose(next === undefined ? '' : chartText(next, columns))}
      />
      {notes.length > 0 && <p className="chart-note quiet">Drawn: {notes.join('; ')}.</p>}
      <div
        ref={box}
        className="chart-box"
        role="img"
        aria-label={described({ spec, data, columns, zone })}
      >
        <Suspense fallback={null}>
          <Picture {...{ spec, data, columns, rows, seen }} />
        </Suspense>
      </div>
      <div className="visually-hidden">
        <DataTable data={data} />
      </div>
    </div>
  );
}

function Picture({
  spec,
  data,
  columns,
  rows,
  seen,
}: {
  readonly spec: ChartSpec;
  readonly data: ChartData;
  readonly columns: readonly GridColumn[];
  readonly rows: readonly GridRow[];
  readonly seen: RefObject<SeenRange | undefined>;
}): ReactNode {
  const { kind } = spec;
  if (kind === 'number') return <Numbers {...{ spec, columns }} row={rows[0] ?? []} />;
  if (kind === 'bar' || kind === 'pie' || data.axis === 'name') {
    return <LazyBars data={data} kind={kind === 'pie' ? 'pie' : 'bar'} />;
  }
  return <LazyLines data={data} kind={kind} seen={seen} />;
}

function Numbers({
  spec,
  columns,
  row,
}: {
  readonly spec: ChartSpec;
  readonly columns: readonly GridColumn[];
  readonly row: GridRow;
}): ReactNode {
  return (
    <div className="chart-numbers">
      {spec.y.map((place) => (
        <div key={place}>
          <p className="value">
            {row[place] === null ? 'NULL' : grouped(exactText(row[place]) ?? '')}
          </p>
          <p className="quiet">{columns[place]?.name}</p>
        </div>
      ))}
    </div>
  );
}

/** For whom a picture says nothing: its first points in words. */
function DataTable({ data }: { readonly data: ChartData }): ReactNode {
  const { labels, series } = data;
  const zone = useZone();
  return (
    <table>
      <caption>The chart’s first points; the view Table has all rows</caption>
      <thead>
        <tr>
          <th scope="col">at</th>
          {series.map(({ name }) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {labels.slice(0, tableRowsMax).map((label, index) => (
          <tr key={label}>
            <th scope="row">{labelText(data, index, zone)}</th>
            {series.map(({ name, values }) => (
              <td key={name}>{values[index] ?? 'none'}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const tableRowsMax = 50;

function described({
  spec,
  data,
  columns,
  zone,
}: {
  readonly spec: ChartSpec;
  readonly data: ChartData;
  readonly columns: readonly GridColumn[];
  readonly zone: string;
}): string {
  const names = spec.y.map((place) => columns[place]?.name).join(', ');
  const along = columns[spec.x ?? -1]?.name;
  const over = along === undefined ? '' : ` over ${along}`;
  const { labels, series } = data;
  const [from, to] = [0, labels.length - 1].map((index) => labelText(data, index, zone));
  const range = labels.length > 1 ? `, from ${from} to ${to}` : '';
  const size = `${series.length} series, ${labels.length} points`;
  return `${spec.kind} chart of ${names}${over}: ${size}${range}`;
}

function left({ leftOut }: ChartData): readonly string[] {
  return leftOut.map((what) => `without ${what}`);
}

function whyNone(rows: readonly GridRow[]): string {
  return rows.length === 0
    ? 'There are no rows to draw.'
    : 'A chart needs a column of numbers: select one, as in count(*).';
}
