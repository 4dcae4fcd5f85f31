import { useEffect, useRef, useState } from 'react';
import type { ErrorBody } from '../../../server/api.ts';
import { savedQuery } from '../../api/library.ts';
import { errorBodyOf } from '../../api/request.ts';
import { after } from '../../clock.ts';
import { go, usePlace } from '../../place.ts';
import { linkedZone, zoneParameter } from '../../time/zone.ts';
import { type LinkedQuery, linkedQuery, searchOf } from './link.ts';
import { isChanged, tabOf } from './saved/saved-query.ts';
import { activeTab, newTab, type SqlTab } from './tabs/tabs.ts';
import type { TabsHandle } from './tabs/use-tabs.ts';

const writeAfterMs = 250;

/** Why a linked query is not there. */
export type LinkTrouble = { readonly path: string; readonly error: ErrorBody };

/**
 * Keeps the address and the active tab saying the same. What is done here is written into the
 * address, in place of what was there; a link that is followed opens its query, and `onArrive` is
 * told of the tab that has it.
 */
export function useLinkedTab(
  handle: TabsHandle,
  onArrive: (tab: SqlTab) => void,
): LinkTrouble | undefined {
  const { tabs } = handle;
  const { path, search } = usePlace();
  const here = search.toString();
  const written = useRef<string>(undefined);
  const isArriving = useRef(false);
  const [trouble, setTrouble] = useState<LinkTrouble>();
  const tab = activeTab(tabs);
  useEffect(() => {
    if (here === written.current) return undefined;
    written.current = here;
    setTrouble(undefined);
    const linked = linkedQuery(search);
    if (linked === undefined) return undefined;
    if (linked.kind === 'text') {
      onArrive(openText(handle, linked));
      return undefined;
    }
    const stop = new AbortController();
    isArriving.current = true;
    void openSaved(handle, linked.path, stop.signal)
      .then(onArrive, (thrown: unknown) => {
        if (!stop.signal.aborted) setTrouble({ path: linked.path, error: errorBodyOf(thrown) });
      })
      .finally(() => {
        if (!stop.signal.aborted) isArriving.current = false;
      });
    return () => {
      stop.abort();
      // Not there yet: whoever comes back to the address asks again.
      if (isArriving.current) written.current = undefined;
      isArriving.current = false;
    };
    // Only another address matters: tabs change by themselves all the time.
  }, [here]);
  const { text, typed, view, chart, saved } = tab;
  useEffect(
    () =>
      after(writeAfterMs, () => {
        // The address says what is on its way here.
        if (isArriving.current) return;
        const found = searchOf({ text, typed, view, chart, saved });
        const next = withZone(found ?? new URLSearchParams()).toString();
        if (next === written.current) return;
        written.current = next;
        go(next === '' ? path : `${path}?${next}`, 'replace');
      }),
    [path, text, typed, view, chart, saved],
  );
  return trouble;
}

/** A zone that a link brought stays that of the page. */
function withZone(search: URLSearchParams): URLSearchParams {
  const zone = linkedZone();
  if (zone !== undefined) search.set(zoneParameter, zone);
  return search;
}

function openText(
  { tabs, open, choose, change }: TabsHandle,
  { kind: _kind, ...linked }: Extract<LinkedQuery, { kind: 'text' }>,
): SqlTab {
  const found = tabs.open.find(({ text }) => text === linked.text);
  const arrived = { ...(found ?? newTab(crypto.randomUUID())), ...linked };
  if (found === undefined) open(arrived);
  else {
    choose(found.id);
    change(found.id, linked);
  }
  return arrived;
}

/** The tab of a saved query, as it is now: what was changed in an open one stays. */
async function openSaved(
  { tabs, open, choose, replace }: TabsHandle,
  path: string,
  signal?: AbortSignal,
): Promise<SqlTab> {
  const found = tabs.open.find(({ saved }) => saved?.path === path);
  if (found !== undefined) choose(found.id);
  if (found !== undefined && isChanged(found)) return found;
  const answer = await savedQuery(path, signal);
  signal?.throwIfAborted();
  const arrived = { ...(found ?? newTab(crypto.randomUUID())), ...tabOf(answer) };
  if (found === undefined) open(arrived);
  else replace(found.id, (now) => (isChanged(now) ? now : arrived));
  return arrived;
}
