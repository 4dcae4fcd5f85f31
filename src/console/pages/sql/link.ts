import { isChanged } from './saved/saved-query.ts';
import type { ResultView, SqlTab } from './tabs/tabs.ts';

/** What a link to the page brings: a saved query by its path, or one that is all in the link. */
export type LinkedQuery =
  | { readonly kind: 'saved'; readonly path: string }
  | ({ readonly kind: 'text' } & Pick<SqlTab, 'text' | 'typed' | 'view' | 'chart'>);

/** Longer links are refused by servers on the way: such a query has none. */
const searchCharactersMax = 6000;

/** The page's parameters for a query; undefined where it is too long for a link. */
export function searchOf(tab: Omit<SqlTab, 'id' | 'name'>): URLSearchParams | undefined {
  const { text, typed, view, chart, saved } = tab;
  const search = new URLSearchParams();
  if (saved !== undefined && !isChanged({ ...tab, id: '', name: '' })) {
    search.set('saved', saved.path);
    return search;
  }
  if (text.trim() !== '') search.set('q', text);
  for (const [name, value] of Object.entries(typed)) {
    if (value !== '') search.set(`p.${name}`, value);
  }
  if (view !== 'table') search.set('view', view);
  if (chart !== '' && view === 'chart') search.set('chart', chart);
  return search.toString().length > searchCharactersMax ? undefined : search;
}

/** The query of a link; undefined where it has none. */
export function linkedQuery(search: URLSearchParams): LinkedQuery | undefined {
  const path = search.get('saved');
  if (path !== null) return { kind: 'saved', path };
  const text = search.get('q');
  if (text === null) return undefined;
  const typed = [...search].flatMap(([name, value]) =>
    name.startsWith('p.') ? [[name.slice(2), value] as const] : [],
  );
  const view = search.get('view');
  return {
    kind: 'text',
    text,
    typed: Object.fromEntries(typed),
    view: isView(view) ? view : 'table',
    chart: search.get('chart') ?? '',
  };
}

function isView(text: string | null): text is ResultView {
  return text === 'table' || text === 'chart' || text === 'plan';
}
