import type { ReactNode } from 'react';
import type { QueryAnswerDocument } from '../../../../server/api.ts';
import { count } from '../../../text.ts';
import { isNumeric } from './series.ts';

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
  const { columns, rows } = answer;
  if (rows.length === 0) return <p className="figure-none quiet">No rows.</p>;
  return (
    <div className="figure-scroll" role="region" tabIndex={0} aria-label={label}>
      <table className="table">
        <thead>
          <tr>
            {columns.map(({ name, type }, index) => (
              <th key={`${index} ${name}`} className={isNumeric(type) ? 'number' : ''}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, rowsMax).map((row, at) => (
            <tr key={at}>
              {columns.map(({ name, type }, index) => (
                <td key={`${index} ${name}`} className={isNumeric(type) ? 'number' : ''}>
                  <CellText value={row[index]} />
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

function CellText({ value }: { readonly value: unknown }): ReactNode {
  if (value === null || value === undefined) return <span className="quiet">NULL</span>;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > charactersMax ? `${text.slice(0, charactersMax)}…` : text;
}
