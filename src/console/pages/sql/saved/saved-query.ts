import type {
  SavedQueryAnswer,
  SavedQueryBody,
  SavedQueryListAnswer,
} from '../../../../server/library/library-api.ts';
import { newTab, type ResultView, type SavedOrigin, type SqlTab } from '../tabs/tabs.ts';

export type SavedEntry = SavedQueryListAnswer['queries'][number];

/** What is saved of a tab; `description` is what the saved one has. */
export function bodyOf({ text, typed, view, chart, saved }: SqlTab): SavedQueryBody {
  const given = Object.entries(typed).filter(([, value]) => value !== '');
  const description = saved?.description ?? '';
  return {
    sql: text,
    ...(description === '' ? {} : { description }),
    ...(given.length === 0 ? {} : { parameters: Object.fromEntries(given) }),
    ...(view === 'table' ? {} : { view }),
    ...(chart === '' ? {} : { chart }),
  };
}

/** What a tab is of, once its query is saved so. */
export function originOf(answer: SavedQueryAnswer): SavedOrigin {
  const { path, version, description = '' } = answer;
  return { path, version, description, content: contentOf(answer) };
}

/** What a tab has of a saved query: everything but its id. */
export function tabOf(answer: SavedQueryAnswer): Omit<SqlTab, 'id'> {
  const { sql, parameters = {}, view, chart = '' } = answer;
  const { id: _id, ...blank } = newTab('', sql);
  return {
    ...blank,
    name: lastPart(answer.path),
    typed: parameters,
    view: isView(view) ? view : 'table',
    chart,
    saved: originOf(answer),
  };
}

/** Whether a tab differs from what it was when it was opened or saved; false where it never was. */
export function isChanged(tab: SqlTab): boolean {
  return tab.saved !== undefined && contentOf(bodyOf(tab)) !== tab.saved.content;
}

/** One text for what is the same to a person. */
function contentOf({ sql, parameters = {}, view = 'table', chart = '' }: SavedQueryBody): string {
  const given = Object.entries(parameters).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([sql, given, view, chart]);
}

function isView(text: string | undefined): text is ResultView {
  return text === 'table' || text === 'chart' || text === 'plan';
}

/** `top` of `shop/top`. */
export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `shop` of `shop/top`; empty where it is in none. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** A path of a folder and a name, as they were typed. */
export function pathOf(folder: string, name: string): string {
  const parts = [...folder.split('/'), ...name.split('/')].map((part) => part.trim());
  return parts.filter((part) => part !== '').join('/');
}

/** A folder with what is in it, by name; the outermost has none. */
export type Folder = {
  readonly path: string;
  readonly folders: readonly Folder[];
  readonly queries: readonly SavedEntry[];
};

/** Entries whose path or description has every word, in their folders. */
export function folderTree(entries: readonly SavedEntry[], wanted: string): Folder {
  const words = wanted.toLowerCase().split(/\s+/);
  const found = entries.filter(({ path, description = '' }) => {
    const text = `${path} ${description}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return folderAt('', found);
}

function folderAt(path: string, entries: readonly SavedEntry[]): Folder {
  const start = path === '' ? 0 : path.length + 1;
  const queries: SavedEntry[] = [];
  const below = new Map<string, SavedEntry[]>();
  for (const entry of entries) {
    const end = entry.path.indexOf('/', start);
    if (end < 0) queries.push(entry);
    else {
      const folder = entry.path.slice(0, end);
      below.set(folder, [...(below.get(folder) ?? []), entry]);
    }
  }
  const folders = [...below].map(([name, held]) => folderAt(name, held));
  return { path, folders: folders.toSorted(byPath), queries: queries.toSorted(byPath) };
}

function byPath(one: { readonly path: string }, other: { readonly path: string }): number {
  return one.path.localeCompare(other.path);
}

/** All folders that there are, outer ones before inner ones. */
export function folderPaths(entries: readonly SavedEntry[]): readonly string[] {
  const paths = entries.flatMap(({ path }) => {
    const parts = path.split('/').slice(0, -1);
    return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  });
  return [...new Set(paths)].toSorted((one, other) => one.localeCompare(other));
}
