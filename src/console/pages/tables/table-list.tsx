import type { ReactNode } from 'react';
import type { TableAnswer } from '../../../server/api.ts';
import { Link } from '../../link.tsx';
import { Ago } from '../../parts/ago.tsx';
import { LongList } from '../../parts/long-list.tsx';
import { bytes, count } from '../../text.ts';
import { HotBar } from './hot-bar.tsx';
import { isCounted, tableHref } from './table-name.ts';

/** Tables with what is in them; system tables are not for lists. */
export function TableList({ tables }: { readonly tables: readonly TableAnswer[] }): ReactNode {
  const shown = tables
    .filter(({ kind }) => kind !== 'system')
    .toSorted((one, other) => one.name.localeCompare(other.name));
  return (
    <LongList items={shown} nameOf={({ name }) => name} what="tables">
      {(some) => (
        <div className="table-scroll" role="region" aria-label="Tables" tabIndex={0}>
          <table className="table tables-list">
            <thead>
              <tr>
                <th>name</th>
                <th className="number">rows</th>
                <th className="number">hot</th>
                <th className="tables-wide">
                  <span className="visually-hidden">settled and hot</span>
                </th>
                <th className="number">size</th>
                <th className="number">newest</th>
              </tr>
            </thead>
            <tbody>
              {some.map((table) => (
                <TableRow key={table.name} table={table} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </LongList>
  );
}

function TableRow({ table }: { readonly table: TableAnswer }): ReactNode {
  const { name, rows, hot_rows, bytes: size, newest_event, error } = table;
  const isAllHot = size === 0 && hot_rows > 0;
  const isKnown = isCounted(table);
  return (
    <>
      <tr>
        <td className="tables-name">
          <Link href={tableHref(name)}>{name}</Link>
        </td>
        <td className="number">{isKnown ? count(rows) : '–'}</td>
        <td className="number">
          {hot_rows > 0 && <span className="chip hot">{count(hot_rows)}</span>}
        </td>
        <td className="tables-wide">
          {rows > 0 && <HotBar cold={rows - hot_rows} hot={hot_rows} />}
        </td>
        <td className="number" title={isAllHot ? 'Nothing of it is in files yet' : undefined}>
          {isAllHot || !isKnown ? '–' : bytes(size)}
        </td>
        <td className="number">{newest_event !== undefined && <Ago at={newest_event} />}</td>
      </tr>
      {error !== undefined && (
        <tr>
          <td className="quiet" colSpan={6}>
            {error.message}
          </td>
        </tr>
      )}
    </>
  );
}
