import { useEffect, useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import type { SavedQueryAnswer } from '../../../../server/library/library-api.ts';
import { savedQuery, saveQuery } from '../../../api/library.ts';
import { errorBodyOf } from '../../../api/request.ts';
import { newTab, type SavedOrigin, type SqlTab } from '../tabs/tabs.ts';
import type { TabsHandle } from '../tabs/use-tabs.ts';
import { bodyOf, lastPart, originOf, type SavedEntry, tabOf } from './saved-query.ts';
import type { SavedQueries } from './use-saved-queries.ts';

/** How the saved query of a tab is compared with what the tab began with. */
export type Standing = 'same' | 'behind' | 'gone';

/** What can be done to keep the active tab's query on the server. */
export type Saving = {
  readonly standing: Standing;
  readonly isSaving: boolean;
  readonly error: ErrorBody | undefined;
  readonly isAsking: boolean;
  /** Saves it where it is from; asks where that is, if it is from nowhere. */
  readonly save: () => void;
  readonly saveAs: () => void;
  readonly endAsking: () => void;
  /** The tab is of what was saved. */
  readonly onSaved: (answer: SavedQueryAnswer) => void;
  readonly keepMine: () => void;
  readonly takeTheirs: () => void;
  readonly lookAtTheirs: () => void;
  /** The tab is of no saved query any more. */
  readonly letGo: () => void;
  readonly dismiss: () => void;
};

export function useSaving(handle: TabsHandle, tab: SqlTab, queries: SavedQueries): Saving {
  const [isAsking, setAsking] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const [error, setError] = useState<ErrorBody>();
  const { saved } = tab;
  const standing = useStanding(saved, queries);
  const there = queries.entries?.find(({ path }) => path === saved?.path);
  useEffect(() => setError(undefined), [tab.id]);
  const attempt = async (action: () => Promise<void>): Promise<void> => {
    setSaving(true);
    setError(undefined);
    try {
      await action();
    } catch (thrown) {
      const body = errorBodyOf(thrown);
      // What is there now is told by the notice, with what can be done.
      if (body.code !== 'conflict' && body.code !== 'not_found') setError(body);
      queries.again();
    }
    setSaving(false);
  };
  const onSaved = (answer: SavedQueryAnswer): void => {
    handle.change(tab.id, { saved: originOf(answer), name: lastPart(answer.path) });
    queries.changed(answer.path, answer);
    setAsking(false);
  };
  const saveOver = (version: string | undefined): void => {
    if (saved === undefined || isSaving) return;
    void attempt(async () => onSaved(await saveQuery(saved.path, bodyOf(tab), version)));
  };
  const withTheirs = (action: (theirs: SavedQueryAnswer) => void): void => {
    if (saved !== undefined) void attempt(async () => action(await savedQuery(saved.path)));
  };
  return {
    standing,
    isSaving,
    error,
    isAsking,
    save: () => (saved === undefined ? setAsking(true) : saveOver(saved.version)),
    saveAs: () => setAsking(true),
    endAsking: () => setAsking(false),
    onSaved,
    keepMine: () => saveOver(there?.version),
    takeTheirs: () =>
      withTheirs((theirs) => handle.replace(tab.id, ({ id }) => ({ id, ...tabOf(theirs) }))),
    lookAtTheirs: () =>
      withTheirs(({ sql, path }) =>
        handle.open({ ...newTab(crypto.randomUUID(), sql), name: `${lastPart(path)}, theirs` }),
      ),
    letGo: () => handle.change(tab.id, { saved: undefined }),
    dismiss: () => setError(undefined),
  };
}

/**
 * A difference is told once a second list has it, too: the first may be older than what another
 * window of this browser has just saved.
 */
function useStanding(saved: SavedOrigin | undefined, { entries, again }: SavedQueries): Standing {
  const [suspected, setSuspected] = useState<{ key: string; in: readonly SavedEntry[] }>();
  const found = standingIn(saved, entries);
  const key = found === 'same' ? '' : [found, saved?.path, saved?.version].join(' ');
  useEffect(() => {
    if (key === '' || entries === undefined) return;
    setSuspected({ key, in: entries });
    again();
    // Another list with the same difference is what is waited for.
  }, [key]);
  return suspected?.key === key && suspected.in !== entries ? found : 'same';
}

function standingIn(
  saved: SavedOrigin | undefined,
  entries: readonly SavedEntry[] | undefined,
): Standing {
  if (saved === undefined || entries === undefined) return 'same';
  const there = entries.find(({ path }) => path === saved.path);
  if (there === undefined) return 'gone';
  return there.version === saved.version ? 'same' : 'behind';
}
