import { beforeEach, expect, test } from 'vitest';
import type { KeptTexts } from '../../../kept-texts.ts';
import { TabStore } from './tab-store.ts';
import { newTab, type Tabs, withChanged } from './tabs.ts';

class MemoryTexts implements KeptTexts {
  readonly texts = new Map<string, string>();
  isFull = false;

  getItem(key: string): string | null {
    return this.texts.get(key) ?? null;
  }

  setItem(key: string, text: string): void {
    if (this.isFull) throw new Error('The quota has been exceeded.');
    this.texts.set(key, text);
  }

  removeItem(key: string): void {
    this.texts.delete(key);
  }
}

let shared = new MemoryTexts();
let count = 0;
const newId = () => String(count++);
const windowOf = () => new TabStore(shared, new MemoryTexts(), newId);
const edited = (tabs: Tabs, text: string) => withChanged(tabs, 'a', { text });
const textOf = (tabs: Tabs) => tabs.open[0]?.text;

beforeEach(() => {
  shared = new MemoryTexts();
  windowOf().save({ open: [newTab('a', 'select 1')], activeId: 'a', closed: [] });
});

test('what was saved is there again', () => {
  expect(textOf(windowOf().load())).toBe('select 1');
});

test('a window whose text is untouched takes what another has written', () => {
  const [one, other] = [windowOf(), windowOf()];
  const [mine, theirs] = [one.load(), other.load()];
  expect(one.save(edited(mine, 'select 2'))).toBeUndefined();
  const taken = other.onElsewhere('helios.sql.tab.a', theirs);
  expect(textOf(taken.tabs)).toBe('select 2');
  expect(taken.trouble).toEqual({ kind: 'changed elsewhere', id: 'a' });
  expect(other.save(edited(taken.tabs, 'select 3'))).toBeUndefined();
});

test('two windows that changed one text both keep theirs, and nothing is written over', () => {
  const [one, other] = [windowOf(), windowOf()];
  const [mine, theirs] = [one.load(), other.load()];
  one.save(edited(mine, 'select 2'));
  const changed = edited(theirs, 'select 3');
  expect(other.onElsewhere('helios.sql.tab.a', changed).trouble?.kind).toBe('conflict');
  expect(other.save(changed)).toMatchObject({ kind: 'conflict', theirs: { text: 'select 2' } });
  expect(textOf(windowOf().load())).toBe('select 2');
  other.allowOver('a');
  expect(other.save(changed)).toBeUndefined();
  expect(textOf(windowOf().load())).toBe('select 3');
});

test('a tab that another window has opened is not forgotten, one that is closed here is', () => {
  const [one, other] = [windowOf(), windowOf()];
  const [mine, theirs] = [one.load(), other.load()];
  one.save({ ...mine, open: [...mine.open, newTab('b', 'select 2')] });
  other.save(edited(theirs, 'select 3'));
  expect(
    windowOf()
      .load()
      .open.map(({ id }) => id),
  ).toEqual(['a', 'b']);
  one.save(mine);
  expect(
    windowOf()
      .load()
      .open.map(({ id }) => id),
  ).toEqual(['a']);
});

test('a storage that refuses is told of', () => {
  const store = windowOf();
  const tabs = store.load();
  shared.isFull = true;
  expect(store.save(edited(tabs, 'select 2'))).toEqual({
    kind: 'refused',
    reason: 'The quota has been exceeded.',
  });
});

test('what is broken there is an empty tab', () => {
  shared.texts.set('helios.sql.tabs', '{');
  expect(windowOf().load().open).toHaveLength(1);
});
