import { go } from '../../../place.ts';
import type { SqlTab } from '../tabs/tabs.ts';
import type { TabsHandle } from '../tabs/use-tabs.ts';
import { lastPart, originOf } from './saved-query.ts';
import type { SavedPaneProps } from './saved-pane.tsx';
import type { SavedQueries } from './use-saved-queries.ts';

/** What the list of saved queries does to the tabs. */
export function savedPaneOf(
  handle: TabsHandle,
  queries: SavedQueries,
  activePath: string | undefined,
): SavedPaneProps {
  const changeTabOf = (path: string, change: Partial<SqlTab>): string | undefined => {
    const tab = handle.tabs.open.find(({ saved }) => saved?.path === path);
    if (tab !== undefined) handle.change(tab.id, change);
    return tab?.id;
  };
  return {
    queries,
    activePath,
    onOpen: (path) => go(savedQueryPlace(path)),
    onMoved: (from, answer) =>
      void changeTabOf(from, { name: lastPart(answer.path), saved: originOf(answer) }),
    // Its text stays, as one that was never saved.
    onDeleted: (path) => changeTabOf(path, { saved: undefined }),
    onRestored: (tabId, answer) => {
      const tab = handle.tabs.open.find(({ id }) => id === tabId);
      // It may have been saved as another one meanwhile.
      if (tab?.saved === undefined) handle.change(tabId, { saved: originOf(answer) });
    },
  };
}

/** Where a saved query is in the console. */
function savedQueryPlace(path: string): string {
  return `/sql?${new URLSearchParams({ saved: path }).toString()}`;
}
