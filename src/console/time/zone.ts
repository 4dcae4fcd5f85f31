import { useSyncExternalStore } from 'react';
import { go, withSearch } from '../place.ts';
import { isZone, utc } from './zone-offset.ts';

/** The parameter of a link that shows its page in a zone, whatever is chosen there. */
export const zoneParameter = 'zone';

const key = 'helios.zone';
const changed = 'zone';

/** The zone that times are shown and typed in, and a new render whenever it is another. */
export function useZone(): string {
  return useSyncExternalStore(listen, shownZone);
}

/** That of the link that was followed, or else the chosen one. */
function shownZone(): string {
  return linkedZone() ?? chosenZone();
}

/** Undefined where the address says none, or one that this browser does not know. */
export function linkedZone(): string | undefined {
  if (!location.search.includes(`${zoneParameter}=`)) return undefined;
  const named = new URLSearchParams(location.search).get(zoneParameter);
  return named !== null && isZone(named) ? named : undefined;
}

/** What this person chose in this browser; UTC until then. */
export function chosenZone(): string {
  return (chosen ??= keptZone());
}

/** Shows times in a zone from now on; it takes the place of a link's. */
export function chooseZone(zone: string): void {
  chosen = zone;
  try {
    localStorage.setItem(key, zone);
  } catch {
    // The browser refuses storage: the choice lives as long as the page.
  }
  if (linkedZone() !== undefined) {
    const place = { path: location.pathname, search: new URLSearchParams(location.search) };
    go(withSearch(place, { [zoneParameter]: undefined }), 'replace');
  }
  window.dispatchEvent(new Event(changed));
}

/** The address of what is seen now, with its zone. */
export function linkWithZone(): string {
  const link = new URL(location.href);
  link.searchParams.set(zoneParameter, shownZone());
  return link.href;
}

let chosen: string | undefined;

function keptZone(): string {
  try {
    const kept = localStorage.getItem(key) ?? utc;
    return isZone(kept) ? kept : utc;
  } catch {
    return utc;
  }
}

const watchers = new Set<() => void>();

function listen(onChange: () => void): () => void {
  if (watchers.size === 0) for (const name of events) window.addEventListener(name, onEvent);
  watchers.add(onChange);
  return () => {
    watchers.delete(onChange);
    if (watchers.size === 0) for (const name of events) window.removeEventListener(name, onEvent);
  };
}

/** Chosen here, gone to, or chosen in another tab. */
const events = [changed, 'place', 'popstate', 'storage'] as const;

function onEvent(event: Event): void {
  if (event.type === 'storage') chosen = undefined;
  for (const watcher of watchers) watcher();
}
