import { useSyncExternalStore } from 'react';
import { queryRuns, type QueryRun, type RunState } from './query-run.ts';

/** The runs of a tab, and a new render whenever something about them is another. */
export function useRun(id: string): { readonly run: QueryRun; readonly state: RunState } {
  const run = queryRuns.of(id);
  const state = useSyncExternalStore(
    (onChange) => run.watch(onChange),
    () => run.state,
  );
  return { run, state };
}
