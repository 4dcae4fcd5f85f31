import type { ReactNode } from 'react';
import type { TableAnswer } from '../../../server/api.ts';
import { Link } from '../../link.tsx';
import { bytes, count } from '../../text.ts';

/** Tables with what is in them; system tables are not for lists. */
export function TableList({ tables }: { readonly tables: readonly TableAnswer[] }): ReactNode {
  const shown = tables.filter(({ kind }) => kind !== 'system');
  return (
    <div className="table-scroll">
      <table className="table">
        <thead>
          <tr>
            <th>name</th>
            <th className="number">rows</th>
            <th className="number">hot</th>
            <th className="number">files</th>
            <th className="number">size</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((table) => (
            <tr key={table.name}>
              <td>
                <Link href={`/tables/${encodeURIComponent(table.name)}`}>{table.name}</Link>
              </td>
              <td className="number">{count(table.rows)}</td>
              <td className="number">
                {table.hot_rows === 0 ? (
                  ''
                ) : (
                  <span className="chip hot">{count(table.hot_rows)}</span>
                )}
              </td>
              <td className="number">{count(table.files)}</td>
              <td className="number">{bytes(table.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
