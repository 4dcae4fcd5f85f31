import type { ReactNode } from 'react';
import type { QueryAnswerDocument } from '../../../../server/api.ts';
import type { PanelKind } from '../../../../server/library/library-api.ts';
import { BarFigure } from './bar-figure.tsx';
import { LineFigure } from './line-figure.tsx';
import { valueText } from './scale.ts';
import { numberOf, seriesOf } from './series.ts';
import { TableFigure } from './table-figure.tsx';
import './figure.css';

/** An answer as its panel shows it: as a table where it can't be drawn, with why. */
export function Figure({
  kind,
  answer,
  label,
  unit,
}: {
  readonly kind: PanelKind;
  readonly answer: QueryAnswerDocument;
  readonly label: string;
  readonly unit?: string | undefined;
}): ReactNode {
  if (kind === 'table') return <TableFigure answer={answer} label={label} />;
  if (kind === 'number') return <NumberFigure answer={answer} unit={unit} />;
  const series = seriesOf(answer);
  if (series === undefined) {
    return (
      <>
        <p className="quiet">
          There is no number to draw: the first column goes along, the next ones are numbers.
        </p>
        <TableFigure answer={answer} label={label} />
      </>
    );
  }
  if (series.xs.length === 0) return <p className="figure-none quiet">No rows.</p>;
  if (kind === 'bar') return <BarFigure series={series} label={label} />;
  return <LineFigure series={series} label={label} />;
}

/** The first row's first value; a second one stands below as a note. */
function NumberFigure({
  answer: { columns, rows },
  unit,
}: {
  readonly answer: QueryAnswerDocument;
  readonly unit: string | undefined;
}): ReactNode {
  const [value, note] = rows[0] ?? [];
  const number = numberOf(value);
  const text = value === null || value === undefined ? '–' : String(value);
  return (
    <div className="figure-number">
      <p className="value">
        {number === undefined ? text.slice(0, 40) : valueText(number)}
        {unit !== undefined && <span className="unit"> {unit}</span>}
      </p>
      {note !== undefined && note !== null && (
        <p className="quiet">
          {columns[1]?.name} {String(note).slice(0, 100)}
        </p>
      )}
      {rows.length === 0 && <p className="quiet">No rows.</p>}
    </div>
  );
}
