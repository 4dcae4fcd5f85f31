import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import type { TailRecord } from '../../../tail/tail-record.ts';
import { Failure } from '../../../parts/failure.tsx';
import { TailList } from '../../../tail/tail-list.tsx';
import type { StreamReader } from '../stream-readers.ts';
import { ExploreBar } from './explore-bar.tsx';
import { ExploreStatus } from './explore-status.tsx';
import { RateStrip } from './strip/rate-strip.tsx';
import { SidePane } from './record/side-pane.tsx';
import { type Explored, type Explorer, useExplorer } from './use-explorer.ts';
import './explore.css';

/** What comes in by a stream: followed, filtered, looked at, record by record. */
export function ExplorerView({
  explored,
  readers,
  empty,
}: {
  readonly explored: Explored;
  readonly readers: readonly StreamReader[];
  /** In place of records where the stream has none yet. */
  readonly empty: ReactNode;
}): ReactNode {
  const [round, setRound] = useState(0);
  const explorer = useExplorer(explored, round);
  const { chosen, setChosen } = useChosen(explorer);
  const { toTop, toggle, onScroll } = useHolding(explorer);
  const choose = (record: TailRecord): void => {
    explorer.tail.hold();
    setChosen(record);
  };
  const { mode, records, recordCount, look, tail } = explorer;
  const error = mode === 'look' ? look.error : tail.error;
  const isLive = mode !== 'look' && error === undefined && !tail.view.isHeld;
  const tables = [...new Set(readers.flatMap(tablesOf))];
  return (
    <div className="explore">
      <ExploreBar
        explored={explored}
        explorer={explorer}
        tables={tables}
        onLookAgain={() => setRound(round + 1)}
      />
      <ExploreStatus explorer={explorer} onToggle={toggle} />
      {mode === 'live' && tail.error === undefined && <Strip explorer={explorer} />}
      {error !== undefined && <Failure error={errorOf(error, mode)} />}
      <div className={isLive ? 'explore-panes is-live' : 'explore-panes'}>
        <div className="explore-list">
          <TailList
            records={records}
            chosenKey={chosen?.key}
            onChoose={choose}
            timeName={mode === 'look' ? 'arrived' : 'seen'}
            hasPlaces={mode !== 'table'}
            columns={explorer.columns}
            freshKey={mode === 'look' ? Infinity : tail.view.freshKey}
            onScroll={mode === 'look' ? undefined : onScroll}
            toTop={toTop}
          />
          {records.length === 0 && error === undefined && (
            <div className="explore-none">
              {recordCount > 0 ? (
                <p className="quiet">None of the {recordCount} records shown has that text.</p>
              ) : (
                <None explorer={explorer} empty={empty} />
              )}
            </div>
          )}
        </div>
        <SidePane
          explored={explored}
          explorer={explorer}
          readers={readers}
          chosen={chosen}
          onClose={() => setChosen(undefined)}
        />
      </div>
    </div>
  );
}

/** How much came when; what is chosen there is looked at. */
function Strip({ explorer: { tail, change } }: { readonly explorer: Explorer }): ReactNode {
  return (
    <RateStrip
      view={tail.view}
      onChoose={({ fromMs, toMs }) =>
        change({
          from: new Date(fromMs).toISOString(),
          until: new Date(toMs + 999).toISOString(),
        })
      }
    />
  );
}

/** Places are those of the statement that the server made of a condition: nobody sees it. */
function errorOf(error: ErrorBody, mode: Explorer['mode']): ErrorBody {
  return mode === 'table' ? { ...error, position: undefined } : error;
}

function None({
  explorer: { mode, look, where, from },
  empty,
}: {
  readonly explorer: Explorer;
  readonly empty: ReactNode;
}): ReactNode {
  if (look.isLooking) return <p className="quiet">Looking…</p>;
  if (mode === 'table') {
    return (
      <p className="quiet">
        {where === '' ? 'No row has' : 'No row for which that holds has'} come since you look. New
        ones appear by themselves.
      </p>
    );
  }
  if (mode === 'live' || from === 'newest' || from === 'oldest') return empty;
  return <p className="quiet">Nothing has come from there on.</p>;
}

function tablesOf({ pipeline }: StreamReader): readonly string[] {
  return pipeline.sinks
    .filter(({ connector }) => connector === 'delta' || connector === 'files')
    .map(({ table }) => table);
}

/** The record at the side; a link to one record opens it. */
function useChosen({ mode, from, table, look, records }: Explorer): {
  readonly chosen: TailRecord | undefined;
  readonly setChosen: (record: TailRecord | undefined) => void;
} {
  const [chosen, setChosen] = useState<TailRecord>();
  const opened = useRef<unknown>(undefined);
  const first = records[0];
  const isLink = mode === 'look' && /^[^:]+:@?\d+$/.test(from);
  useEffect(() => setChosen(undefined), [mode, from, table]);
  useEffect(() => {
    if (!isLink || first === undefined || opened.current === look.answer) return;
    opened.current = look.answer;
    setChosen(first);
  }, [isLink, first, look.answer]);
  return { chosen, setChosen };
}

/** A tail stands still by the button, by the space bar, and while it is scrolled away from. */
function useHolding({ mode, tail }: Explorer): {
  readonly toTop: number;
  readonly toggle: () => void;
  readonly onScroll: (isAway: boolean) => void;
} {
  const [toTop, setToTop] = useState(0);
  const isByScroll = useRef(false);
  const { isHeld } = tail.view;
  const toggle = (): void => {
    isByScroll.current = false;
    if (isHeld) tail.release();
    else tail.hold();
    if (isHeld) setToTop(toTop + 1);
  };
  const newest = useRef(toggle);
  useEffect(() => {
    newest.current = toggle;
  });
  useEffect(() => {
    if (mode === 'look') return undefined;
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (event.key !== ' ' || isForControl(event.target)) return;
      event.preventDefault();
      newest.current();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [mode]);
  const onScroll = (isAway: boolean): void => {
    if (isAway && !isHeld) {
      isByScroll.current = true;
      tail.hold();
    } else if (!isAway && isByScroll.current) {
      isByScroll.current = false;
      tail.release();
    }
  };
  return { toTop, toggle, onScroll };
}

function isForControl(target: EventTarget | null): boolean {
  const selector = 'input, textarea, select, button, a, summary, dialog, [contenteditable]';
  return target instanceof Element && target.closest(selector) !== null;
}
