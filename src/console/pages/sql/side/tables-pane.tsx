import { type ReactNode, useState } from 'react';
import type { ErrorBody, TableAnswer } from '../../../../server/api.ts';
import { sqlName, sqlTableName } from '../../../editor/sql-text.ts';
import { Failure } from '../../../parts/failure.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { count } from '../../../text.ts';
import { isCounted } from '../../tables/table-name.ts';

type TablesPaneProps = {
  readonly tables: readonly TableAnswer[] | undefined;
  readonly error: ErrorBody | undefined;
  readonly onInsert: (text: string) => void;
  readonly onQuery: (sql: string) => void;
};

/** Tables and their columns: what is chosen is written at the cursor. */
export function TablesPane(props: TablesPaneProps): ReactNode {
  const { tables, error } = props;
  const [wanted, setWanted] = useState('');
  const found = tables?.filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <div className="sql-tables">
      {error !== undefined && tables === undefined && <Failure error={error} />}
      {(tables?.length ?? 0) > searchFrom && (
        <input
          className="input"
          type="search"
          aria-label="Find a table"
          placeholder="Find a table"
          value={wanted}
          onChange={({ target }) => setWanted(target.value)}
        />
      )}
      <ul className="sql-tree">
        {found?.slice(0, shownMax).map((table) => (
          <TableItem key={table.name} table={table} {...props} />
        ))}
      </ul>
      {found?.length === 0 && <p className="quiet">No table is called that.</p>}
      {(found?.length ?? 0) > shownMax && (
        <p className="quiet">{count((found?.length ?? 0) - shownMax)} more; type to find them.</p>
      )}
    </div>
  );
}

const searchFrom = 8;
const shownMax = 200;

function TableItem({
  table,
  onInsert,
  onQuery,
}: TablesPaneProps & { readonly table: TableAnswer }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const { name, columns, rows, hot_rows: hotRows } = table;
  const known = isCounted(table) ? `: ${count(rows)} rows, ${count(hotRows)} of them hot` : '';
  const written = sqlTableName(name);
  return (
    <li>
      <div className="sql-tree-row">
        <button
          type="button"
          className="fold"
          aria-expanded={isOpen}
          aria-label={`Columns of ${name}`}
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name={isOpen ? 'down' : 'right'} />
        </button>
        <button
          type="button"
          className="name"
          title={`${name}${known}. Writes the name`}
          onClick={() => onInsert(written)}
        >
          {name}
        </button>
        <button
          type="button"
          className="ask"
          aria-label={`Query ${name}`}
          title="Opens a query over it"
          onClick={() => onQuery(`select * from ${written} limit 100`)}
        >
          <Icon name="play" />
        </button>
      </div>
      {isOpen && <Columns columns={columns} onInsert={onInsert} />}
    </li>
  );
}

function Columns({
  columns,
  onInsert,
}: Pick<TableAnswer, 'columns'> & Pick<TablesPaneProps, 'onInsert'>): ReactNode {
  const [isAll, setAll] = useState(false);
  const shown = isAll ? columns : columns.slice(0, columnsShownMax);
  return (
    <ul>
      {shown.map(({ name, type }) => (
        <li key={name}>
          <button
            type="button"
            className="column"
            title={`${name} ${type}. Writes the name`}
            onClick={() => onInsert(sqlName(name))}
          >
            <span className="name">{name}</span>
            <span className="type">{type.toLowerCase()}</span>
          </button>
        </li>
      ))}
      {shown.length < columns.length && (
        <li>
          <button type="button" className="column" onClick={() => setAll(true)}>
            {count(columns.length - shown.length)} more columns
          </button>
        </li>
      )}
    </ul>
  );
}

const columnsShownMax = 100;
