import { useEffect, useMemo, useState } from 'react';
import { type Mark, markOf } from '../../editor/fix.ts';
import { type Runnable, runnableOf, type Selection } from './run/order.ts';
import { queryRuns, type RunState } from './run/query-run.ts';
import type { RunActions } from './run/run-bar.tsx';
import { useRun } from './run/use-run.ts';
import { activeTab, type SqlTab } from './tabs/tabs.ts';
import type { TabsHandle } from './tabs/use-tabs.ts';

/** The query of the active tab: what would be run, what runs, and what came of it. */
export type ActiveQuery = {
  readonly tab: SqlTab;
  readonly state: RunState;
  readonly runnable: Runnable | undefined;
  readonly mark: Mark | undefined;
  readonly actions: RunActions;
  /** Runs what is in the editor at this moment. */
  readonly runText: (text: string, selection: Selection) => void;
  /** False where nothing ran. */
  readonly cancel: () => boolean;
  readonly change: (change: Partial<SqlTab>) => void;
  readonly select: (selection: Selection) => void;
};

export function useActiveQuery(handle: TabsHandle): ActiveQuery {
  const tab = activeTab(handle.tabs);
  const { run, state } = useRun(tab.id);
  const [selection, setSelection] = useState<Selection>({ from: 0, to: 0 });
  const runnable = runnableOf(tab.text, selection, tab.typed);
  const mark = useMark(tab.text, state);
  const start = (how: 'run' | 'goLive', wanted = runnable): void => {
    if (wanted === undefined) return;
    const [missing] = wanted.missing;
    if (missing === undefined) run[how](wanted.order);
    else document.getElementById(`parameter-${missing}`)?.focus();
  };
  const cancel = (): boolean => run.cancel();
  useEscape(() => void run.cancel());
  return {
    tab,
    state,
    runnable,
    mark,
    actions: {
      onRun: () => start('run'),
      onCancel: () => void cancel(),
      onLive: () => start('goLive'),
      onPause: () => run.pause(),
      onStopLive: () => run.stopLive(),
    },
    runText: (text, now) => start('run', runnableOf(text, now, tab.typed)),
    cancel,
    change: (change) => handle.change(tab.id, change),
    select: setSelection,
  };
}

/** Runs what a link or a choice elsewhere brought, where it says all that is needed. */
export function runArrived({ id, text, typed }: SqlTab): void {
  const runnable = runnableOf(text, { from: text.length, to: text.length }, typed);
  if (runnable === undefined || runnable.missing.length > 0) return;
  const run = queryRuns.of(id);
  if (run.state.order?.text !== runnable.order.text) run.run(runnable.order);
}

function useMark(text: string, { phase, order }: RunState): Mark | undefined {
  return useMemo(
    () =>
      phase.kind === 'failed' && order !== undefined ? markOf(text, order, phase.error) : undefined,
    [text, phase, order],
  );
}

/** Escape wherever it means nothing else. */
function useEscape(action: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.defaultPrevented) action();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
}
