import type { ReactNode } from 'react';
import type { QueryAnswerDocument } from '../../../../server/api.ts';
import { cellText } from '../../../grid/values/cell-text.ts';
import { type ColumnKind, gridColumns } from '../../../grid/values/columns.ts';
import { count } from '../../../text.ts';
import { useZone } from '../../../time/zone.ts';

/** More are for the page for SQL. */
const rowsMax = 200;
const charactersMax = 300;

/** The rows as a table; NULL is no text. */
export function TableFigure({
  answer,
  label,
}: {
  readonly answer: Pick<QueryAnswerDocument, 'columns' | 'rows'>;
  readonly label: string;
}): ReactNode {
  const { rows } = answer;
  const columns = gridColumns(answer.columns);
  if (rows.length === 0) return <p className="figure-none quiet">No rows.</p>;
  return (
    <div className="figure-scroll" role="region" tabIndex={0} aria-label={label}>
      <table className="table">
        <thead>
          <tr>
            {columns.map(({ name, kind, index }) => (
              <th key={`${index} ${name}`} className={kind === 'number' ? 'number' : ''}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, rowsMax).map((row, at) => (
            <tr key={at}>
              {columns.map(({ name, kind, index }) => (
                <td key={`${index} ${name}`} className={kind === 'number' ? 'number' : ''}>
                  <CellText value={row[index]} kind={kind} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > rowsMax && (
        <p className="quiet">
          The first {count(rowsMax)} of {count(rows.length)} rows; all are in SQL.
        </p>
      )}
    </div>
  );
}

function CellText({
  value,
  kind,
}: {
  readonly value: unknown;
  readonly kind: ColumnKind;
}): ReactNode {
  const zone = useZone();
  if (value === null || value === undefined) return <span className="quiet">NULL</span>;
  const text = cellText(value, kind, zone);
  return text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text;
}
