import type { ReactNode } from 'react';
import type { QueryAnswerDocument } from '../../../../server/api.ts';
import type { PanelKind } from '../../../../server/library/library-api.ts';
import { cellText } from '../../../grid/values/cell-text.ts';
import { gridColumns } from '../../../grid/values/columns.ts';
import { useZone } from '../../../time/zone.ts';
import { ChartFigure, type OnRange } from './chart-figure.tsx';
import { TableFigure } from './table-figure.tsx';
import './figure.css';

/** An answer as its panel shows it. */
export function Figure({
  kind,
  answer,
  label,
  unit,
  onRange,
}: {
  readonly kind: PanelKind;
  readonly answer: QueryAnswerDocument;
  readonly label: string;
  readonly unit?: string | undefined;
  readonly onRange?: OnRange | undefined;
}): ReactNode {
  if (kind === 'table') return <TableFigure answer={answer} label={label} />;
  if (kind === 'number') return <NumberFigure answer={answer} unit={unit} />;
  return <ChartFigure {...{ kind, answer, label, onRange }} />;
}

/** The first row's first value; a second one stands below as a note. */
function NumberFigure({
  answer: { columns, rows },
  unit,
}: {
  readonly answer: QueryAnswerDocument;
  readonly unit: string | undefined;
}): ReactNode {
  const zone = useZone();
  const [first, second] = gridColumns(columns);
  const [value = null, note = null] = rows[0] ?? [];
  return (
    <div className="figure-number">
      <p className="value">
        {value === null ? '–' : cellText(value, first?.kind ?? 'text', zone)}
        {unit !== undefined && <span className="unit"> {unit}</span>}
      </p>
      {note !== null && (
        <p className="quiet">
          {second?.name} {cellText(note, second?.kind ?? 'text', zone)}
        </p>
      )}
      {rows.length === 0 && <p className="quiet">No rows.</p>}
    </div>
  );
}
