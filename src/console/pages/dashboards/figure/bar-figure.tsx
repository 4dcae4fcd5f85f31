import type { ReactNode } from 'react';
import { valueText } from './scale.ts';
import type { Series } from './series.ts';

/** As many as can be told apart. */
const barsMax = 50;

/** Lying bars of the first line's values, with their names beside them: a table to who listens. */
export function BarFigure({
  series,
  label,
}: {
  readonly series: Series;
  readonly label: string;
}): ReactNode {
  const [line] = series.lines;
  const values = line?.values ?? [];
  const most = Math.max(1e-12, ...values.map((value) => Math.abs(value ?? 0)));
  const more = series.labels.length - barsMax;
  return (
    <div className="figure-scroll" role="region" tabIndex={0} aria-label={label}>
      <table className="figure-bars">
        <thead className="visually-hidden">
          <tr>
            <th>{series.xName}</th>
            <th>{line?.name}</th>
            <th>share of the longest</th>
          </tr>
        </thead>
        <tbody>
          {series.labels.slice(0, barsMax).map((name, index) => (
            <tr key={`${index} ${name}`}>
              <td className="name">
                {name === '' ? <span className="quiet">(empty)</span> : name}
              </td>
              <td className="number">
                {values[index] === undefined ? 'NULL' : valueText(values[index])}
              </td>
              <td className="bar" aria-hidden="true">
                <i style={{ width: `${(Math.abs(values[index] ?? 0) / most) * 100}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && (
        <p className="quiet">
          The first {barsMax} of {series.labels.length}.
        </p>
      )}
    </div>
  );
}
