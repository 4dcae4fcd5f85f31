import { expect, test } from 'vitest';
import { tabOf } from './saved/saved-query.ts';
import { linkedQuery, searchOf } from './link.ts';

test('a link brings back all of a query', () => {
  const query = {
    text: "select '&=' || $a\n",
    typed: { a: 'x=1&y' },
    view: 'chart',
    chart: 'bar;x=a',
  } as const;
  const search = searchOf(query);
  expect(linkedQuery(new URLSearchParams(search?.toString()))).toEqual({
    kind: 'text',
    ...query,
  });
});

test('the link of a saved query has its path, unless it was changed', () => {
  const answer = { path: 'shop/a&b', version: 'v', changed_at: '', sql: 'select 1' };
  const tab = tabOf(answer);
  expect(searchOf(tab)?.toString()).toBe('saved=shop%2Fa%26b');
  expect(linkedQuery(new URLSearchParams('saved=shop%2Fa%26b&q=x'))).toEqual({
    kind: 'saved',
    path: 'shop/a&b',
  });
  expect(searchOf({ ...tab, text: 'select 2' })?.toString()).toBe('q=select+2');
});

test('what is as it is anyway is not in the link', () => {
  expect(searchOf({ text: '', typed: { a: '' }, view: 'table', chart: 'bar' })?.toString()).toBe(
    '',
  );
});

test('a text that is too long has no link, and a link without a text is none', () => {
  const text = 'x'.repeat(7000);
  expect(searchOf({ text, typed: {}, view: 'table', chart: '' })).toBeUndefined();
  expect(linkedQuery(new URLSearchParams('view=chart'))).toBeUndefined();
  expect(linkedQuery(new URLSearchParams('q=select&view=wrong'))).toMatchObject({
    view: 'table',
  });
});
