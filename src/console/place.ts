import { useSyncExternalStore } from 'react';

/** Where the person is: everything that a link must bring back is in here. */
export type Place = {
  readonly path: string;
  readonly search: URLSearchParams;
};

const changed = new Event('place');

/** The place in the address bar, and a new render whenever it changes. */
export function usePlace(): Place {
  const href = useSyncExternalStore(listen, () => location.pathname + location.search);
  const [path = '/', search = ''] = href.split('?', 2);
  return { path, search: new URLSearchParams(search) };
}

/** Goes to a path of the console; `replace` leaves no step to go back to. */
export function go(href: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', href);
  else history.replaceState(null, '', href);
  window.dispatchEvent(changed);
}

/** This place with other parameters: undefined takes one away. */
export function withSearch(
  { path, search }: Place,
  changes: Readonly<Record<string, string | undefined>>,
): string {
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  return text === '' ? path : `${path}?${text}`;
}

function listen(onChange: () => void): () => void {
  window.addEventListener('popstate', onChange);
  window.addEventListener('place', onChange);
  return () => {
    window.removeEventListener('popstate', onChange);
    window.removeEventListener('place', onChange);
  };
}
