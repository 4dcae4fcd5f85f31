import { expect, test } from 'vitest';
import { filterOf, reasonOf, reasonsQuestion, sqlOf } from './reason-sql.ts';
import { minutesByReason, sparkPath } from './spark.ts';

test('an address says which reason is open, and since when', () => {
  const search = new URLSearchParams('code=c&pipeline=p&source=s&column=a&since=hour');
  expect(reasonOf(search)).toEqual({ code: 'c', pipeline: 'p', source: 's', field: 'a' });
  expect(filterOf(search)).toEqual({ since: 'hour', pipeline: 'p' });
  expect(reasonOf(new URLSearchParams('code=c'))).toBeUndefined();
  expect(filterOf(new URLSearchParams('since=toString'))).toEqual({
    since: 'all',
    pipeline: undefined,
  });
});

test('names travel as parameters, and quoted where they are shown', () => {
  const { sql, params } = reasonsQuestion({ since: 'day', pipeline: "x' OR 1=1" });
  expect(params).toEqual(["x' OR 1=1"]);
  expect(sql).toContain('INTERVAL 1 DAY AND pipeline = $1');
  expect(sqlOf({ code: 'c', pipeline: "it's", source: 's', field: '' })).toContain(
    "pipeline = 'it''s'",
  );
});

test('minutes of a reason stand in their order, now at the end', () => {
  const row = { code: 'c', pipeline: 'p', source: 's', field: '' };
  const minutes = minutesByReason([
    { ...row, minutes_ago: '0', records: '3' },
    { ...row, minutes_ago: '59', records: '2' },
    { ...row, minutes_ago: '-1', records: '1' },
  ]);
  const [own] = minutes.values();
  expect([own?.[0], own?.at(-1), own?.length]).toEqual([2, 4, 60]);
});

test('a spark line spans its area', () => {
  expect(sparkPath([0, 2, 1], 10, 10)).toBe('M0.0 9.0L5.0 1.0L10.0 5.0');
});
