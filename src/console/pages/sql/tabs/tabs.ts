import { sqlTokens } from '../../../editor/sql-text.ts';

export type ResultView = 'table' | 'chart' | 'plan';

/** The saved query that a tab is of, as it was when it was opened or saved. */
export type SavedOrigin = {
  readonly path: string;
  readonly version: string;
  readonly description: string;
  /** All of it as one text, to tell whether the tab is another by now. */
  readonly content: string;
};

/** One query that is worked on. */
export type SqlTab = {
  readonly id: string;
  /** Given by the person; without one, the text names the tab. */
  readonly name: string;
  readonly text: string;
  /** What was typed into the parameters' fields, by their names. */
  readonly typed: Readonly<Record<string, string>>;
  readonly view: ResultView;
  /** What was chosen for the chart, as text; empty: by itself. */
  readonly chart: string;
  readonly saved?: SavedOrigin | undefined;
};

/** The open tabs in their order, and those that can be opened again, the last closed first. */
export type Tabs = {
  readonly open: readonly SqlTab[];
  readonly activeId: string;
  readonly closed: readonly SqlTab[];
};

const closedMax = 20;
const titleCharactersMax = 28;

export function newTab(id: string, text = ''): SqlTab {
  return { id, name: '', text, typed: {}, view: 'table', chart: '' };
}

export function activeTab(tabs: Tabs): SqlTab {
  const tab = tabs.open.find(({ id }) => id === tabs.activeId) ?? tabs.open[0];
  if (tab === undefined) throw new Error('There is always an open tab.');
  return tab;
}

/** Opened behind the active one, and active; in place of it where that one is empty. */
export function withOpened(tabs: Tabs, tab: SqlTab): Tabs {
  const current = activeTab(tabs);
  const at = tabs.open.indexOf(current);
  const isBlank = current.text.trim() === '' && current.name === '';
  const open = tabs.open.toSpliced(isBlank ? at : at + 1, isBlank ? 1 : 0, tab);
  return { ...tabs, open, activeId: tab.id };
}

/** The next one becomes active; when none is left, an empty one with `spareId`. */
export function withClosed(tabs: Tabs, id: string, spareId: string): Tabs {
  const at = tabs.open.findIndex((tab) => tab.id === id);
  const tab = tabs.open[at];
  if (tab === undefined) return tabs;
  const left = tabs.open.toSpliced(at, 1);
  const open = left.length === 0 ? [newTab(spareId)] : left;
  const next = open[Math.min(at, open.length - 1)];
  const activeId = tabs.activeId === id ? (next?.id ?? spareId) : tabs.activeId;
  const closed = tab.text.trim() === '' ? tabs.closed : [tab, ...tabs.closed].slice(0, closedMax);
  return { open, activeId, closed };
}

/** The last one that was closed is open again; the same where there is none. */
export function withReopened(tabs: Tabs): Tabs {
  const [tab, ...closed] = tabs.closed;
  return tab === undefined ? tabs : withOpened({ ...tabs, closed }, tab);
}

export function withChanged(tabs: Tabs, id: string, change: Partial<SqlTab>): Tabs {
  const open = tabs.open.map((tab) => (tab.id === id ? { ...tab, ...change } : tab));
  return { ...tabs, open };
}

/** Under which id the plan of a tab's query is run. */
export function planOf(id: string): string {
  return `${id} plan`;
}

/** Its name, or its first comment, or how its text begins. */
export function tabTitle({ name, text }: SqlTab): string {
  if (name !== '') return name;
  const first = sqlTokens(text).find(({ kind }) => kind !== 'space');
  if (first === undefined) return 'New query';
  const comment = first.kind === 'comment' ? text.slice(first.start, first.end) : '';
  const title = comment.replaceAll(/^(--|\/\*)|\*\/$/g, '').trim() || text.trim();
  const line = title.replaceAll(/\s+/g, ' ');
  if (line.length <= titleCharactersMax) return line;
  return `${line.slice(0, titleCharactersMax - 1).trimEnd()}…`;
}
