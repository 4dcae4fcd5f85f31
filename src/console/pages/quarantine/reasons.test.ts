import { expect, test } from 'vitest';
import {
  type Filter,
  filterOf,
  fixHref,
  reasonHref,
  reasonOf,
  reasonsQuestion,
  reasonToFix,
  sqlOf,
} from './reason-sql.ts';
import { listed } from './reasons.ts';
import { minutesByReason, sparkPath, together } from './spark.ts';

const any: Filter = filterOf(new URLSearchParams());

test('an address says which reason is open, and which records count', () => {
  const search = new URLSearchParams('code=c&pipeline=p&source=s&column=a&since=hour&show=all');
  expect(reasonOf(search)).toEqual({ code: 'c', pipeline: 'p', source: 's', field: 'a' });
  expect(filterOf(search)).toEqual({
    ...{ since: 'hour', shown: 'all', pipeline: 'p', from: undefined, why: undefined },
  });
  expect(reasonOf(new URLSearchParams('code=c'))).toBeUndefined();
  expect(filterOf(new URLSearchParams('since=toString&show=valueOf'))).toEqual(any);
});

test('a reason leads to its records and to its SQL, and from there back', () => {
  const reason = { code: 'c', pipeline: 'p/1 ü', source: 's&t', field: 'a=b' };
  expect(reasonOf(new URL(reasonHref(reason), 'http://x').searchParams)).toEqual(reason);
  const fix = new URL(fixHref(reason), 'http://x');
  expect(fix.pathname).toBe('/pipelines/p%2F1%20%C3%BC/edit');
  expect(reasonToFix(fix.searchParams, reason.pipeline)).toEqual(reason);
  expect(reasonToFix(new URLSearchParams(), 'p')).toBeUndefined();
});

test('names travel as parameters, and quoted where they are shown', () => {
  const { sql, params } = reasonsQuestion({ ...any, since: 'day', pipeline: "x' OR 1=1" });
  expect(params).toEqual(["x' OR 1=1"]);
  expect(sql).toContain('INTERVAL 1 DAY AND pipeline = $1');
  expect(sqlOf({ code: 'c', pipeline: "it's", source: 's', field: '' })).toContain(
    "pipeline = 'it''s'",
  );
});

test('a list is what its filter leaves, and offers what else there is', () => {
  const row = { pipeline: 'p', field: '', replayed: '1' };
  const rows = [
    { ...row, code: 'a', source: 's', records: '5' },
    { ...row, code: 'b', source: 's', records: '3' },
    { ...row, code: 'b', source: 't', records: '0' },
  ];
  expect(listed(rows, any)).toMatchObject({
    rows: rows.slice(0, 2),
    records: 8,
    replayed: 3,
    choices: { pipelines: ['p'], sources: ['s', 't'], codes: ['a', 'b'] },
  });
  expect(listed(rows, { ...any, why: 'b', from: 's' })).toMatchObject({ records: 3, replayed: 1 });
});

test('minutes of a reason stand in their order, now at the end', () => {
  const row = { code: 'c', pipeline: 'p', source: 's', field: '' };
  const minutes = minutesByReason([
    { ...row, minutes_ago: '0', records: '3' },
    { ...row, minutes_ago: '59', records: '2' },
    { ...row, minutes_ago: '-1', records: '1' },
  ]);
  const [own = []] = minutes.values();
  expect([own[0], own.at(-1), own.length]).toEqual([2, 4, 60]);
  expect(together([own, own])[0]).toBe(4);
  expect(together([])).toHaveLength(60);
});

test('a spark line spans its area', () => {
  expect(sparkPath([0, 2, 1], 10, 10)).toBe('M0.0 9.0L5.0 1.0L10.0 5.0');
});
