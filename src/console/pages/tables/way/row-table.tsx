import type { ReactNode } from 'react';
import type { TableAnswer } from '../../../../server/api.ts';
import type { AnswerRow, Cell } from '../../../api/rows.ts';
import { cellText } from '../../../grid/values/cell-text.ts';
import { columnKind, zoneNote } from '../../../grid/values/columns.ts';
import { Link } from '../../../link.tsx';
import { useZone } from '../../../time/zone.ts';
import { tableHref } from '../table-name.ts';
import { conditionOf, valuesOfRow } from './row-condition.ts';

const columnsShown = 60;
const cellCharactersShown = 200;
const numeric = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL)/;

/** Rows of a table, each with the way to its own way. */
export function RowTable({
  table,
  rows,
  label,
}: {
  readonly table: TableAnswer;
  readonly rows: readonly AnswerRow[];
  readonly label: string;
}): ReactNode {
  const zone = useZone();
  const columns = table.columns.slice(0, columnsShown);
  const hasWay = table.kind !== 'system';
  return (
    <div className="table-scroll" role="region" aria-label={label} tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            {hasWay && (
              <th>
                <span className="visually-hidden">its way</span>
              </th>
            )}
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
              {hasWay && (
                <td>
                  <Link href={wayHref(table, row)} title="How it came here">
                    way<span className="visually-hidden"> of row {index + 1}</span>
                  </Link>
                </td>
              )}
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
  );
}

/** The tab that shows the way of a row. */
function wayHref({ name, columns }: TableAnswer, row: AnswerRow): string {
  const where = conditionOf(valuesOfRow(row, columns));
  return `${tableHref(name)}?${new URLSearchParams({ tab: 'way', where }).toString()}`;
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
