import { type ReactNode, type SyntheticEvent, useEffect, useState } from 'react';
import { after, serverNowMs } from '../../../clock.ts';
import { Icon } from '../../../parts/icon.tsx';
import { useZone } from '../../../time/zone.ts';
import { jumpTarget } from './look/jump.ts';
import type { Explored, Explorer } from './use-explorer.ts';

type BarProps = {
  readonly explored: Explored;
  readonly explorer: Explorer;
  /** That a pipeline makes of the stream. */
  readonly tables: readonly string[];
  readonly onLookAgain: () => void;
};

/** Where to look, at what, and for what. */
export function ExploreBar(props: BarProps): ReactNode {
  const { explored, explorer, tables } = props;
  const { mode, table } = explorer;
  return (
    <div className="explore-bar">
      <Places {...props} />
      <Jump key={explorer.from} explorer={explorer} />
      {explored.canFollow && tables.length > 0 && (
        <select
          className="input"
          aria-label="What to show"
          value={table ?? ''}
          onChange={({ target }) => {
            const chosen = target.value === '' ? undefined : target.value;
            explorer.change({ table: chosen, from: undefined, where: undefined, find: undefined });
          }}
        >
          <option value="">records of the stream</option>
          {[...new Set([...tables, ...(table === undefined ? [] : [table])])].map((name) => (
            <option key={name} value={name}>
              rows of {name}
            </option>
          ))}
        </select>
      )}
      {mode === 'table' ? (
        <Where key={`${table} ${explorer.where}`} explorer={explorer} />
      ) : (
        <Find explorer={explorer} />
      )}
    </div>
  );
}

function Places({ explored, explorer, onLookAgain }: BarProps): ReactNode {
  const { mode, from } = explorer;
  const look = (place: string): void => {
    if (mode === 'look' && from === place) onLookAgain();
    else explorer.change({ from: place, table: undefined, where: undefined });
  };
  return (
    <div className="explore-places" role="group" aria-label="Where to look">
      {explored.canFollow && (
        <button
          type="button"
          className="button"
          aria-pressed={mode !== 'look'}
          onClick={() => explorer.change({ from: undefined })}
        >
          Live
        </button>
      )}
      {(['newest', 'oldest'] as const).map((place) => (
        <button
          key={place}
          type="button"
          className="button"
          aria-pressed={mode === 'look' && from === place}
          title={mode === 'look' && from === place ? 'Look again' : undefined}
          onClick={() => look(place)}
        >
          {place === 'newest' ? 'Newest' : 'Oldest'}
        </button>
      ))}
    </div>
  );
}

function Jump({ explorer }: { readonly explorer: Explorer }): ReactNode {
  const zone = useZone();
  const { mode, from } = explorer;
  const isPlace = mode === 'look' && from !== 'newest' && from !== 'oldest';
  const [typed, setTyped] = useState(isPlace ? from : '');
  const jump = (event: SyntheticEvent): void => {
    event.preventDefault();
    const target = jumpTarget(typed, { nowMs: serverNowMs(), zone });
    if (target !== '') explorer.change({ from: target, table: undefined, where: undefined });
  };
  return (
    <form className="explore-jump" onSubmit={jump}>
      <input
        className="input"
        aria-label="Jump to a time, or to partition:position"
        placeholder="14:30 · 10m ago · 0:4096"
        title={`A time in ${zone}, so long ago, or partition:position`}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
      />
      <button type="submit" className="button" disabled={typed.trim() === ''}>
        Jump
      </button>
    </form>
  );
}

/** After the last key, before the list is filtered. */
const typedMs = 200;

function Find({ explorer }: { readonly explorer: Explorer }): ReactNode {
  const { find, change } = explorer;
  const [typed, setTyped] = useState(find);
  useEffect(() => {
    if (typed === find) return undefined;
    return after(typedMs, () => change({ find: typed === '' ? undefined : typed }, 'replace'));
  });
  return (
    <label className="explore-filter">
      <Icon name="search" />
      <input
        className="input"
        type="search"
        placeholder="Find text in the records shown"
        aria-label="Find text in the records shown"
        title="Filters only what this page shows; the stream is not searched"
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
      />
    </label>
  );
}

function Where({ explorer }: { readonly explorer: Explorer }): ReactNode {
  const { table, where, change } = explorer;
  const [typed, setTyped] = useState(where);
  const apply = (event: SyntheticEvent): void => {
    event.preventDefault();
    change({ where: typed.trim() === '' ? undefined : typed.trim() });
  };
  return (
    <form className="explore-filter" onSubmit={apply}>
      <code aria-hidden="true">WHERE</code>
      <input
        className="input code"
        aria-label={`SQL condition over the rows of ${table}`}
        placeholder="a SQL condition, asked on the server: type = 'purchase'"
        spellCheck={false}
        autoComplete="off"
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
      />
      <button type="submit" className="button" disabled={typed.trim() === where}>
        Filter
      </button>
    </form>
  );
}
