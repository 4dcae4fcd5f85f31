import { type ReactNode, useState } from 'react';
import type { TableAnswer } from '../../../../server/api.ts';
import { type Cell, useRows } from '../../../api/rows.ts';
import { cellText } from '../../../grid/values/cell-text.ts';
import { columnKind, zoneNote } from '../../../grid/values/columns.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { count } from '../../../text.ts';
import { useZone } from '../../../time/zone.ts';
import { quotedName, sqlHref, tableInSql } from '../table-name.ts';

const rowsShown = 50;
const columnsShown = 60;
const cellCharactersShown = 200;
const numeric = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL)/;

/** A few rows: the newest, where the table has a time. */
export function Sample({ table }: { readonly table: TableAnswer }): ReactNode {
  const zone = useZone();
  const [round, setRound] = useState(0);
  const columns = table.columns.slice(0, columnsShown);
  const time = table.columns.find(({ type }) => /^(TIMESTAMP|DATE)/.test(type));
  const order = time === undefined ? '' : ` ORDER BY ${quotedName(time.name)} DESC NULLS LAST`;
  const names = columns.map(({ name }) => quotedName(name)).join(', ');
  const sql = `SELECT ${names} FROM ${tableInSql(table)}${order} LIMIT ${rowsShown}`;
  // Another text is another question: the same one would not be asked again.
  const { rows, error } = useRows({ sql: `${sql} -- ${round}` }, 0);
  return (
    <div aria-busy={rows === undefined && error === undefined}>
      <p className="tables-legend">
        <span>
          {time === undefined
            ? `Up to ${rowsShown} rows`
            : `The newest ${rowsShown} by ${time.name}`}
          {table.columns.length > columnsShown &&
            `, ${columnsShown} of ${count(table.columns.length)} columns`}
        </span>
        <button type="button" className="button" onClick={() => setRound(round + 1)}>
          Look again
        </button>
        <Link className="button" href={sqlHref(sql)}>
          Open in SQL
        </Link>
      </p>
      {error !== undefined && <Failure error={error} />}
      {rows?.length === 0 && <p className="quiet">The table has no rows yet.</p>}
      {rows !== undefined && rows.length > 0 && (
        <div className="table-scroll" role="region" aria-label="Rows" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                {columns.map(({ name, type }) => (
                  <th
                    key={name}
                    className={numeric.test(type) ? 'number' : ''}
                    title={[`${name} ${type}`, zoneNote(type, zone)].filter(Boolean).join('\n')}
                  >
                    {shortened(name)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, index) => (
                <tr key={index}>
                  {columns.map(({ name, type }) => (
                    <td key={name} className={`tables-cell${numeric.test(type) ? ' number' : ''}`}>
                      <Value value={row[name] ?? null} type={type} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function Value({ value, type }: { readonly value: Cell; readonly type: string }): ReactNode {
  const zone = useZone();
  if (value === null) return <span className="tables-null">null</span>;
  return zoneNote(type, zone) === undefined
    ? shortened(String(value))
    : cellText(value, columnKind(type), zone);
}

function shortened(text: string): string {
  return text.length > cellCharactersShown ? `${text.slice(0, cellCharactersShown)}…` : text;
}
