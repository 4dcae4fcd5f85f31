import { type ReactNode, useMemo } from 'react';
import { count, share } from '../text.ts';
import { useZone } from '../time/zone.ts';
import type { Arrangement } from './arrangement.ts';
import { cellText } from './values/cell-text.ts';
import { type ColumnFacts, columnFacts } from './values/column-facts.ts';
import { type GridColumn, zoneNote } from './values/columns.ts';
import { Floating } from '../parts/floating.tsx';
import { nullMark } from './values/order.ts';
import './column-menu.css';

type MenuProps = {
  readonly column: GridColumn;
  readonly arrangement: Arrangement;
  readonly onCopied: (message: string) => void;
  readonly onClose: () => void;
};

/** What may be done with a column, and what is in it. */
export function ColumnMenu({
  anchor,
  ...props
}: MenuProps & { readonly anchor: DOMRect }): ReactNode {
  const { column, arrangement, onClose } = props;
  const { rows, order } = arrangement;
  const note = zoneNote(column.type, useZone());
  const facts = useMemo(() => columnFacts(rows, order, column), [rows, order, column]);
  return (
    <Floating anchor={anchor} label={`Column ${column.name}`} onClose={onClose}>
      <div className="column-menu">
        <p className="name">{column.name}</p>
        <p className="quiet type">{column.type}</p>
        {note !== undefined && <p className="quiet">{note}.</p>}
        <Actions {...props} />
        <Filter column={column} arrangement={arrangement} />
        <Facts facts={facts} column={column} />
        <TopValues facts={facts} {...props} />
      </div>
    </Floating>
  );
}

function Actions({ column, arrangement, onCopied, onClose }: MenuProps): ReactNode {
  const { index, name } = column;
  const sort = (sorting: Arrangement['sorting']) => () => {
    arrangement.sort(sorting);
    onClose();
  };
  const copy = (): void => {
    onClose();
    navigator.clipboard.writeText(name).then(
      () => onCopied('Copied the name'),
      () => onCopied('The browser does not allow copying here'),
    );
  };
  return (
    <div className="column-menu-actions">
      <button
        type="button"
        className="button"
        onClick={sort({ column: index, isDescending: false })}
      >
        Sort ↑
      </button>
      <button
        type="button"
        className="button"
        onClick={sort({ column: index, isDescending: true })}
      >
        Sort ↓
      </button>
      <button type="button" className="button" onClick={sort(undefined)}>
        As it came
      </button>
      <button type="button" className="button" onClick={copy}>
        Copy name
      </button>
    </div>
  );
}

function Filter({ column, arrangement }: Pick<MenuProps, 'column' | 'arrangement'>): ReactNode {
  const filter = arrangement.filters.find((one) => one.column === column.index);
  const shown = filter?.text === nullMark ? 'NULL' : (filter?.text ?? '');
  return (
    <label className="field">
      <span className="label">Show rows whose {column.name} contains</span>
      <input
        className="input"
        value={shown}
        onChange={({ target }) =>
          arrangement.filter({ column: column.index, text: target.value, isExact: false })
        }
      />
    </label>
  );
}

function Facts({
  facts,
  column,
}: {
  readonly facts: ColumnFacts;
  readonly column: GridColumn;
}): ReactNode {
  const zone = useZone();
  const entries: readonly (readonly [string, string])[] = [
    ['rows', count(facts.count)],
    ['NULL', `${count(facts.nulls)} (${share(facts.nulls, facts.count)})`],
    ['distinct', count(facts.distinct)],
    ...(facts.least === undefined
      ? []
      : ([
          ['least', cellText(facts.least, column.kind, zone)],
          ['greatest', cellText(facts.greatest, column.kind, zone)],
        ] as const)),
  ];
  return (
    <dl className="column-menu-facts">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function TopValues({
  facts,
  column,
  arrangement,
  onClose,
}: MenuProps & { readonly facts: ColumnFacts }): ReactNode {
  const zone = useZone();
  return (
    <ol className="column-menu-top" aria-label="Most frequent values; choosing one filters">
      {facts.top.map(({ text, count: times }) => (
        <li key={text ?? nullMark}>
          <button
            type="button"
            onClick={() => {
              arrangement.filter({ column: column.index, text: text ?? nullMark, isExact: true });
              onClose();
            }}
          >
            <span className={text === undefined ? 'grid-null' : 'value'}>
              {text === undefined ? 'NULL' : cellText(text, column.kind, zone) || '(empty text)'}
            </span>
            <span className="number">{count(times)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
