import { fc } from '../../test/properties.ts';
import { expect, test } from 'vitest';
import { LineIndex, offsetOfByte, offsetOfCodePoint } from './positions.ts';
import type { SelectText } from './script.ts';
import { positionOfByte, positionOfCodePoint, selectText } from './select-text.ts';
import { tokenize } from './syntax/tokens.ts';

function rewritten(script: string): SelectText {
  return selectText({ script, lines: new LineIndex(script), tokens: tokenize(script) });
}

test.each([
  ['select window.start, window.end from t', 'select "window".start, "window"."end" from t'],
  ['select a as window, window from t', 'select a as "window", "window" from t'],
  ['select 1 as end, end', 'select 1 as "end", "end"'],
  ['select case when end > 1 then end end', 'select case when "end" > 1 then "end" end'],
  ['select case end when 1 then 2 end end', 'select case "end" when 1 then 2 end "end"'],
  ['select (case when a then b end).end', 'select (case when a then b end)."end"'],
  ['select f(case when a then 1 end, end)', 'select f(case when a then 1 end, "end")'],
  ['select row_number() over w from t window w as (order by x)', undefined],
  ['select offset, to from t limit 1 offset 2', 'select "offset", "to" from t limit 1 offset 2'],
  ['select a * offset, count(*) from t', 'select a * "offset", count(*) from t'],
  ['select * from t order by x desc, y asc', undefined],
  ['select desc from t order by desc desc', 'select "desc" from t order by desc desc'],
  ['select at, max(at) from t where at > 1', 'select "at", max("at") from t where "at" > 1'],
  ["select at at time zone 'UTC' from t", `select "at" at time zone 'UTC' from t`],
  ["select x at time zone 'UTC', (x) at time zone y from t", undefined],
  ['select left, right(x, 2), left(x, 1) from t', 'select "left", right(x, 2), left(x, 1) from t'],
  ['select * from (a) left join b on a.x = b.x, t full join u using (x)', undefined],
  ['select trim(both from x), a.b, not (true)', undefined],
  ['select x::bigint unsigned', 'select x::UBIGINT'],
  ['select cast(x as int unsigned)', 'select cast(x as UINTEGER)'],
  ['select x::array<struct<a int>>', 'select x::STRUCT("a" INTEGER)[]'],
  ['select a < b as array from t', undefined],
  ['select \'window\', "end", $$ end $$ -- end\nfrom t', undefined],
  ['(select 1) union all (select 2)', undefined],
])('%s', (script, expected) => {
  expect(rewritten(script).text).toBe(expected ?? script);
});

test('each word of a rewritten text is found in the script', () => {
  const script = "select 'é😀', window.end,\n  x::bigint unsigned, end, last from t";
  const select = rewritten(script);
  for (const [word, line, column, length] of [
    ["'é😀'", 1, 8, 5],
    ['"window"', 1, 15, 6],
    ['"end",\n', 1, 22, 3],
    ['x::', 2, 3, 1],
    ['UBIGINT', 2, 6, 6],
    ['"end", last', 2, 23, 3],
    ['last', 2, 28, 4],
    ['from', 2, 33, 4],
  ] as const) {
    const offset = select.text.indexOf(word);
    expect(offset).toBeGreaterThanOrEqual(0);
    expect(select.positionAt(offset)).toEqual({ line, column, length });
    const bytes = Buffer.byteLength(select.text.slice(0, offset));
    expect(positionOfByte(select, bytes)).toEqual({ line, column, length });
    const points = Array.from(select.text.slice(0, offset)).length;
    expect(positionOfCodePoint(select, points)).toEqual({ line, column, length });
  }
});

test('an offset past the end is the end', () => {
  expect(rewritten('select 1').positionAt(99)).toEqual({ line: 1, column: 9, length: 1 });
});

test('byte and code point offsets turn into UTF-16 ones', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(50), (text, at) => {
      const points = Array.from(text);
      const before = points.slice(0, at).join('');
      expect(offsetOfByte(text, Buffer.byteLength(before))).toBe(before.length);
      expect(offsetOfCodePoint(text, at)).toBe(before.length);
    }),
  );
});
