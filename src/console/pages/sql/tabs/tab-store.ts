import type { KeptTexts } from '../../../kept-texts.ts';
import { newTab, type SqlTab, type Tabs, withChanged } from './tabs.ts';

export type StoreTrouble =
  /** The browser keeps nothing more; tabs are only in this window. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Another window has changed what is being changed here: neither is thrown away. */
  | { readonly kind: 'conflict'; readonly theirs: SqlTab }
  /** Another window has changed it, and nothing was changed here. */
  | { readonly kind: 'changed elsewhere'; readonly id: string };

type KeptTab = { readonly revision: string; readonly tab: SqlTab };
type KeptList = { readonly open: readonly string[]; readonly closed: readonly SqlTab[] };

const listKey = 'helios.sql.tabs';
const tabKey = (id: string): string => `helios.sql.tab.${id}`;
const activeKey = 'helios.sql.active';

/**
 * Tabs in the browser's storage, which all its windows share. Each tab has a revision: a window
 * that would write over another revision than the one it began with writes nothing, and says so.
 */
export class TabStore {
  readonly #shared: KeptTexts;
  readonly #own: KeptTexts;
  readonly #newId: () => string;
  /** By tab: what this window began with, and what it last wrote. */
  readonly #revisions = new Map<string, string>();
  readonly #written = new Map<string, SqlTab>();
  /** Tabs that were open here at some time: of no others can it be said that they were closed. */
  readonly #opened = new Set<string>();

  /** `own` is the storage of this window alone. */
  constructor(shared: KeptTexts, own: KeptTexts, newId: () => string) {
    this.#shared = shared;
    this.#own = own;
    this.#newId = newId;
  }

  load(): Tabs {
    const list = parsed(this.#shared.getItem(listKey)) as KeptList | undefined;
    const open = (list?.open ?? []).flatMap((id) => {
      const kept = this.#read(id);
      if (kept === undefined) return [];
      this.#remember(kept);
      this.#opened.add(id);
      return [kept.tab];
    });
    if (open.length === 0) open.push(newTab(this.#newId()));
    const wanted = this.#own.getItem(activeKey) ?? this.#shared.getItem(activeKey);
    const activeId = open.find(({ id }) => id === wanted)?.id ?? open[0]?.id ?? '';
    return { open, activeId, closed: list?.closed ?? [] };
  }

  /** Keeps what is new, and tells what kept it from that. */
  save(tabs: Tabs): StoreTrouble | undefined {
    let trouble: StoreTrouble | undefined;
    const attempt = (write: () => StoreTrouble | undefined | void): void => {
      try {
        trouble = write() ?? trouble;
      } catch (thrown) {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        trouble = { kind: 'refused', reason };
      }
    };
    // One text that is refused keeps no other from being kept.
    for (const tab of tabs.open) attempt(() => this.#saveTab(tab));
    attempt(() => this.#write(listKey, JSON.stringify(this.#listOf(tabs))));
    attempt(() => this.#write(activeKey, tabs.activeId));
    attempt(() => this.#own.setItem(activeKey, tabs.activeId));
    return trouble;
  }

  /** Takes what another window wrote under `key`, unless it was changed here as well. */
  onElsewhere(key: string, tabs: Tabs): { tabs: Tabs; trouble?: StoreTrouble } {
    const mine = tabs.open.find(({ id }) => tabKey(id) === key);
    const theirs = mine === undefined ? undefined : this.#read(mine.id);
    if (mine === undefined || theirs === undefined) return { tabs };
    if (theirs.revision === this.#revisions.get(mine.id)) return { tabs };
    if (mine.text === theirs.tab.text) {
      this.#remember(theirs);
      return { tabs: withChanged(tabs, mine.id, theirs.tab) };
    }
    if (mine.text !== this.#written.get(mine.id)?.text) {
      return { tabs, trouble: { kind: 'conflict', theirs: theirs.tab } };
    }
    this.#remember(theirs);
    return {
      tabs: withChanged(tabs, mine.id, theirs.tab),
      trouble: { kind: 'changed elsewhere', id: mine.id },
    };
  }

  /** After a conflict: what is here may be written over what is there. */
  allowOver(id: string): void {
    const kept = this.#read(id);
    if (kept !== undefined) this.#revisions.set(id, kept.revision);
  }

  /** The tabs that other windows have opened meanwhile stay in the list. */
  #listOf({ open, closed }: Tabs): KeptList {
    const own = open.map(({ id }) => id);
    for (const id of own) this.#opened.add(id);
    const there = parsed(this.#shared.getItem(listKey)) as KeptList | undefined;
    const others = there?.open.filter((id) => !this.#opened.has(id)) ?? [];
    return { open: [...own, ...others], closed };
  }

  #saveTab(tab: SqlTab): StoreTrouble | undefined {
    const before = this.#written.get(tab.id);
    if (before === tab) return undefined;
    const there = this.#read(tab.id);
    const isTheirs = there !== undefined && there.revision !== this.#revisions.get(tab.id);
    if (isTheirs && there.tab.text !== tab.text) return { kind: 'conflict', theirs: there.tab };
    const kept: KeptTab = { revision: this.#newId(), tab };
    // Also where the browser refuses it: what this window holds is its own then, not another's.
    this.#revisions.set(tab.id, kept.revision);
    this.#write(tabKey(tab.id), JSON.stringify(kept));
    this.#remember(kept);
    return undefined;
  }

  #write(key: string, text: string): void {
    if (this.#shared.getItem(key) !== text) this.#shared.setItem(key, text);
  }

  #read(id: string): KeptTab | undefined {
    return parsed(this.#shared.getItem(tabKey(id))) as KeptTab | undefined;
  }

  #remember({ revision, tab }: KeptTab): void {
    this.#revisions.set(tab.id, revision);
    this.#written.set(tab.id, tab);
  }
}

/** What can't be read counts as not there. */
function parsed(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
