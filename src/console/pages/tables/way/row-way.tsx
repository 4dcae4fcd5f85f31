import { type ReactNode, type SyntheticEvent, useState } from 'react';
import type { TableAnswer } from '../../../../server/api.ts';
import type { AnswerRow } from '../../../api/rows.ts';
import { Failure } from '../../../parts/failure.tsx';
import { go, type Place, usePlace, withSearch } from '../../../place.ts';
import { FromRecord } from './from-record.tsx';
import { RowTable } from './row-table.tsx';
import { areAlike, rowsFoundMax, useRowsFound } from './use-rows-found.ts';
import { WayOfRow } from './way-of-row.tsx';
import './way.css';

/** How a row came into the table: its file and version, its record and where that stands. */
export function RowWay({ table }: { readonly table: TableAnswer }): ReactNode {
  const place = usePlace();
  const where = place.search.get('where') ?? '';
  const record = place.search.get('record');
  return (
    <div className="way">
      <Condition key={`condition ${where}`} where={where} place={place} />
      {where === '' && record !== null && (
        <FromRecord
          table={table}
          stream={place.search.get('stream') ?? ''}
          connection={place.search.get('connection') ?? undefined}
          at={record}
        />
      )}
      {where === '' && record === null && (
        <p className="quiet">
          A row is found by a SQL condition over the table’s columns; the tab Sample writes one for
          each of its rows. Then this shows with which version the row came, in which file, and the
          record that it was.
        </p>
      )}
      {where !== '' && <Found key={`found ${where}`} table={table} where={where} />}
    </div>
  );
}

function Condition({ where, place }: { readonly where: string; readonly place: Place }): ReactNode {
  const [typed, setTyped] = useState(where);
  const find = (event: SyntheticEvent): void => {
    event.preventDefault();
    go(withSearch(place, { where: typed.trim() === '' ? undefined : typed.trim() }));
  };
  return (
    <form className="way-condition" onSubmit={find}>
      <code aria-hidden="true">WHERE</code>
      <input
        className="input code"
        aria-label="SQL condition that finds the row"
        placeholder="id = 42"
        spellCheck={false}
        autoComplete="off"
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
      />
      <button type="submit" className="button primary" disabled={typed.trim() === ''}>
        Find
      </button>
    </form>
  );
}

function Found({
  table,
  where,
}: {
  readonly table: TableAnswer;
  readonly where: string;
}): ReactNode {
  const { rows, error } = useRowsFound(table, where);
  const [chosen] = rows ?? [];
  if (error !== undefined) return <Failure error={{ ...error, position: undefined }} />;
  if (rows === undefined) return <p aria-busy="true">Looking…</p>;
  if (chosen === undefined) return <p className="quiet">No row is like that.</p>;
  const isOne = rows.length === 1 || areAlike(rows);
  return (
    <>
      <p role="status">{foundText(rows, isOne)}</p>
      <RowTable table={table} rows={isOne ? [chosen] : rows.slice(0, rowsFoundMax)} label="Found" />
      {isOne && <WayOfRow table={table} row={chosen} where={where} />}
    </>
  );
}

function foundText(rows: readonly AnswerRow[], isOne: boolean): string {
  if (rows.length === 1) return 'This row:';
  if (isOne) return 'Several rows that are alike in all columns:';
  const many = rows.length > rowsFoundMax ? `More than ${rowsFoundMax}` : String(rows.length);
  return `${many} rows are like that. Choose one:`;
}
