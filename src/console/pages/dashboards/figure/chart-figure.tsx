import { lazy, type ReactNode, Suspense, useMemo } from 'react';
import type { ColumnAnswer, QueryAnswerDocument } from '../../../../server/api.ts';
import { chartData } from '../../../chart/chart-data.ts';
import { gridColumns } from '../../../grid/values/columns.ts';
import { useZone } from '../../../time/zone.ts';
import { panelChart } from './panel-chart.ts';
import { TableFigure } from './table-figure.tsx';
import '../../../chart/chart-view.css';

const LazyLines = lazy(async () => ({
  default: (await import('../../../chart/line-chart.tsx')).LineChart,
}));
const LazyBars = lazy(async () => ({
  default: (await import('../../../chart/bar-chart.tsx')).BarChart,
}));

/** Takes a range of time that was dragged over, in ms since 1970. */
export type OnRange = (fromMs: number, toMs: number) => void;

/** An answer as lines or bars; as a table where it can't be drawn, with why. */
export function ChartFigure({
  kind,
  answer,
  label,
  onRange,
}: {
  readonly kind: 'line' | 'bar';
  readonly answer: Pick<QueryAnswerDocument, 'columns' | 'rows'>;
  readonly label: string;
  readonly onRange?: OnRange | undefined;
}): ReactNode {
  const { rows } = answer;
  const key = JSON.stringify(answer.columns);
  const columns = useMemo(() => gridColumns(JSON.parse(key) as ColumnAnswer[]), [key]);
  const zone = useZone();
  const data = useMemo(() => {
    const spec = panelChart(kind, columns);
    return spec && chartData(spec, columns, rows, zone);
  }, [kind, columns, rows, zone]);
  if (data === undefined) {
    return (
      <>
        <p className="quiet">
          There is no number to draw: the first column goes along, the next ones are numbers.
        </p>
        <TableFigure answer={answer} label={label} />
      </>
    );
  }
  if (rows.length === 0) return <p className="figure-none quiet">No rows.</p>;
  const brush = onRange && ((from: number, to: number): void => onRange(from * 1000, to * 1000));
  const isBars = kind === 'bar' || data.axis === 'name';
  const names = data.series.map(({ name }) => name).join(', ');
  return (
    <div
      className="chart figure-chart"
      role="img"
      aria-label={`${label}: ${names} at ${rows.length} places; the button Table has the values`}
    >
      {data.leftOut.length > 0 && <p className="quiet">Without {data.leftOut.join('; ')}.</p>}
      <div className="figure-space">
        <Suspense fallback={null}>
          {isBars ? (
            <LazyBars data={data} kind="bar" />
          ) : (
            <LazyLines data={data} kind="line" onBrush={data.axis === 'time' ? brush : undefined} />
          )}
        </Suspense>
      </div>
    </div>
  );
}
