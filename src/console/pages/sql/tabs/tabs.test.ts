import { expect, test } from 'vitest';
import {
  activeTab,
  newTab,
  tabTitle,
  type Tabs,
  withChanged,
  withClosed,
  withOpened,
  withReopened,
} from './tabs.ts';

const one: Tabs = { open: [newTab('a', 'select 1')], activeId: 'a', closed: [] };
const ids = ({ open }: Tabs) => open.map(({ id }) => id);

test('a new tab stands behind the active one, or replaces an empty one', () => {
  const two = withOpened(one, newTab('b'));
  expect(ids(two)).toEqual(['a', 'b']);
  expect(ids(withOpened(two, newTab('c', 'select 2')))).toEqual(['a', 'c']);
});

test('closing leaves the neighbour active, and the last one leaves an empty one', () => {
  const two = withOpened(one, newTab('b', 'select 2'));
  expect(activeTab(withClosed(two, 'b', 'x')).id).toBe('a');
  const none = withClosed(one, 'a', 'x');
  expect(none.open).toEqual([newTab('x')]);
  expect(withReopened(none).open.map(({ text }) => text)).toEqual(['select 1']);
});

test('an empty tab is not worth opening again', () => {
  expect(withClosed(withOpened(one, newTab('b')), 'b', 'x').closed).toEqual([]);
});

test.each([
  ['', 'New query'],
  ['-- top products\nselect 1', 'top products'],
  ['/* x */ select 1', 'x'],
  ['select   a,\n b from t', 'select a, b from t'],
  [`select ${'x'.repeat(100)}`, `select ${'x'.repeat(20)}…`],
])('the tab of %j is called %j', (text, title) => {
  expect(tabTitle(newTab('a', text))).toBe(title);
});

test('a given name stays', () => {
  expect(tabTitle(activeTab(withChanged(one, 'a', { name: 'mine' })))).toBe('mine');
});
