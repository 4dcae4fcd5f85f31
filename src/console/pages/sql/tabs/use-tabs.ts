import { useEffect, useRef, useState } from 'react';
import { after } from '../../../clock.ts';
import { ownTexts, sharedTexts } from '../../../kept-texts.ts';
import { queryRuns } from '../run/query-run.ts';
import { type StoreTrouble, TabStore } from './tab-store.ts';
import {
  newTab,
  planOf,
  type SqlTab,
  type Tabs,
  withChanged,
  withClosed,
  withOpened,
  withReopened,
} from './tabs.ts';

/** The tabs, and what may be done with them; they are kept in the browser by themselves. */
export type TabsHandle = {
  readonly tabs: Tabs;
  /** How often texts were changed by another window, or by its settlement. */
  readonly outsideChanges: number;
  /** Why the browser does not keep what is here, or what another window did. */
  readonly trouble: StoreTrouble | undefined;
  readonly open: (tab?: Partial<SqlTab>) => void;
  readonly choose: (id: string) => void;
  readonly close: (id: string) => void;
  readonly reopen: () => void;
  readonly change: (id: string, change: Partial<SqlTab>) => void;
  /** The same, where the text comes from elsewhere than the editor. */
  readonly replace: (id: string, change: (tab: SqlTab) => SqlTab) => void;
  /** Settles a conflict: what is here is kept, or what is there is taken. */
  readonly settle: (choice: 'mine' | 'theirs' | 'both') => void;
  readonly dismiss: () => void;
};

const saveAfterMs = 300;

export function useTabs(): TabsHandle {
  const [store] = useState(() => new TabStore(sharedTexts, ownTexts, newId));
  const [tabs, setTabs] = useState(() => store.load());
  const [trouble, setTrouble] = useState<StoreTrouble>();
  const [outsideChanges, setOutsideChanges] = useState(0);
  const newest = useRef(tabs);
  useEffect(() => {
    newest.current = tabs;
    const save = (): void => {
      const found = store.save(newest.current);
      setTrouble((before) => troubleAfter(before, found));
    };
    const cancel = after(saveAfterMs, save);
    // What was just typed is kept, too, when the page is left.
    window.addEventListener('pagehide', save);
    return () => {
      cancel();
      window.removeEventListener('pagehide', save);
    };
  }, [store, tabs]);
  useEffect(
    () => () => {
      store.save(newest.current);
    },
    [store],
  );
  useEffect(() => {
    const onStorage = ({ key, newValue }: StorageEvent): void => {
      if (key === null || newValue === null) return;
      const found = store.onElsewhere(key, newest.current);
      if (found.tabs !== newest.current) setOutsideChanges((before) => before + 1);
      setTabs(found.tabs);
      if (found.trouble !== undefined) setTrouble(found.trouble);
    };
    window.addEventListener('storage', onStorage);
    return () => window.removeEventListener('storage', onStorage);
  }, [store]);
  return {
    tabs,
    outsideChanges,
    trouble,
    open: (tab) => setTabs((now) => withOpened(now, { ...newTab(newId()), ...tab })),
    choose: (activeId) => setTabs((now) => ({ ...now, activeId })),
    close: (id) => {
      queryRuns.drop(id);
      queryRuns.drop(planOf(id));
      setTabs((now) => withClosed(now, id, newId()));
    },
    reopen: () => setTabs(withReopened),
    change: (id, change) => setTabs((now) => withChanged(now, id, change)),
    replace: (id, change) => {
      setTabs((now) => ({
        ...now,
        open: now.open.map((tab) => (tab.id === id ? change(tab) : tab)),
      }));
      setOutsideChanges((before) => before + 1);
    },
    settle: (choice) => {
      if (trouble?.kind !== 'conflict') return;
      const { theirs } = trouble;
      if (choice !== 'theirs') store.allowOver(theirs.id);
      setTabs((now) => settled(now, theirs, choice));
      setOutsideChanges((before) => before + 1);
      setTrouble(undefined);
    },
    dismiss: () => setTrouble(undefined),
  };
}

function newId(): string {
  return crypto.randomUUID();
}

function settled(tabs: Tabs, theirs: SqlTab, choice: 'mine' | 'theirs' | 'both'): Tabs {
  if (choice === 'theirs') return withChanged(tabs, theirs.id, theirs);
  // Another object, so that it is written again.
  const mine = withChanged(tabs, theirs.id, {});
  if (choice === 'mine') return mine;
  const { activeId } = tabs;
  return { ...withOpened(mine, { ...theirs, id: newId() }), activeId };
}

/** A notice of another window stays until it is read; the rest is as the last save found it. */
function troubleAfter(
  before: StoreTrouble | undefined,
  found: StoreTrouble | undefined,
): StoreTrouble | undefined {
  return found ?? (before?.kind === 'refused' ? undefined : before);
}
