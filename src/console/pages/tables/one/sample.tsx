import { type ReactNode, useState } from 'react';
import type { TableAnswer } from '../../../../server/api.ts';
import { useRows } from '../../../api/rows.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { count } from '../../../text.ts';
import { quotedName, sqlHref, tableInSql } from '../table-name.ts';
import { RowTable } from '../way/row-table.tsx';

const rowsShown = 50;
const columnsShown = 60;

/** A few rows: the newest, where the table has a time. */
export function Sample({ table }: { readonly table: TableAnswer }): ReactNode {
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
      {rows !== undefined && rows.length > 0 && <RowTable table={table} rows={rows} label="Rows" />}
    </div>
  );
}
