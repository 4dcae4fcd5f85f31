import { expect, test } from 'vitest';
import { panelQuestion, sqlAddress } from './question.ts';

const range = { kind: 'last', text: '1h', ms: 3_600_000 } as const;
const between = { kind: 'between', from: '2026-01-01T00:00:00.000Z', to: '2026-01-02' } as const;

test('the range and the variables are sent where the SQL names them', () => {
  const sql = "SELECT '$x' WHERE t > $from AND t <= $to AND p = $product AND n > $n -- $no";
  const typed = { product: 'p1', n: '5', other: 'x' };
  expect(panelQuestion(sql, { range, typed })).toEqual({
    kind: 'ready',
    body: { sql, params: { product: 'p1', n: 5 }, times: { from: -3_600_000, to: 0 } },
  });
  expect(panelQuestion('SELECT $from', { range: between, typed })).toMatchObject({
    body: { params: { from: between.from }, times: {} },
  });
});

test('a parameter without a value is told', () => {
  const typed = { a: '', constructor: 'x' };
  expect(panelQuestion('SELECT $a, $b, $constructor', { range, typed })).toEqual({
    kind: 'lacking',
    names: ['a', 'b'],
  });
});

test('the page for SQL gets the same question', () => {
  const address = sqlAddress('SELECT $from, $p', { range, typed: { p: 'a&b' } }, 3_600_000);
  const { searchParams } = new URL(address, 'http://x');
  expect(Object.fromEntries(searchParams)).toEqual({
    q: 'SELECT $from, $p',
    'p.from': '1970-01-01T00:00:00.000Z',
    'p.p': 'a&b',
  });
});
