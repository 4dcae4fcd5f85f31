import { useEffect, useRef } from 'react';
import { after } from '../../clock.ts';
import { go, usePlace } from '../../place.ts';
import { linkedQuery, searchOf } from './link.ts';
import { activeTab, newTab, type SqlTab } from './tabs/tabs.ts';
import type { TabsHandle } from './tabs/use-tabs.ts';

const writeAfterMs = 250;

/**
 * Keeps the address and the active tab saying the same. What is done here is written into the
 * address, in place of what was there; a link that is followed opens its query, and `onArrive` is
 * told of the tab that has it.
 */
export function useLinkedTab(handle: TabsHandle, onArrive: (tab: SqlTab) => void): void {
  const { tabs } = handle;
  const { path, search } = usePlace();
  const here = search.toString();
  const written = useRef<string>(undefined);
  const tab = activeTab(tabs);
  useEffect(() => {
    if (here === written.current) return;
    written.current = here;
    const linked = linkedQuery(search);
    if (linked === undefined) return;
    const found = tabs.open.find(({ text }) => text === linked.text);
    const arrived = { ...(found ?? newTab(crypto.randomUUID())), ...linked };
    if (found === undefined) handle.open(arrived);
    else {
      handle.choose(found.id);
      handle.change(found.id, linked);
    }
    onArrive(arrived);
    // Only another address matters: tabs change by themselves all the time.
  }, [here]);
  const { text, typed, view, chart } = tab;
  useEffect(
    () =>
      after(writeAfterMs, () => {
        const next = (searchOf({ text, typed, view, chart }) ?? new URLSearchParams()).toString();
        if (next === written.current) return;
        written.current = next;
        go(next === '' ? path : `${path}?${next}`, 'replace');
      }),
    [path, text, typed, view, chart],
  );
}
