import { expect, test } from 'vitest';
import { linkedQuery, searchOf } from './link.ts';

test('a link brings back all of a query', () => {
  const query = {
    text: "select '&=' || $a\n",
    typed: { a: 'x=1&y' },
    view: 'chart',
    chart: 'bar;x=a',
  } as const;
  const search = searchOf(query);
  expect(linkedQuery(new URLSearchParams(search?.toString()))).toEqual(query);
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
  expect(linkedQuery(new URLSearchParams('q=select&view=wrong'))?.view).toBe('table');
});
