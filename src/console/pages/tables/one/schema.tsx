import type { ReactNode } from 'react';
import type { TableAnswer } from '../../../../server/api.ts';

/** Columns as SQL sees them. */
export function Schema({ table }: { readonly table: TableAnswer }): ReactNode {
  return (
    <div className="table-scroll" role="region" aria-label="Columns" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <th className="number">#</th>
            <th>column</th>
            <th>type</th>
          </tr>
        </thead>
        <tbody>
          {table.columns.map(({ name, type }, index) => (
            <tr key={name}>
              <td className="number quiet">{index + 1}</td>
              <td className="tables-cell" title={name}>
                {name}
              </td>
              <td className="wide">
                <code>{type}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
