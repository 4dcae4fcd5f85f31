import { expect, test } from 'vitest';
import { orderOfMore, runnableOf } from './order.ts';

const text = 'select 1; select $a + $b';

test('the statement at the cursor is run, with its parameters alone', () => {
  const runnable = runnableOf(text, { from: 20, to: 20 }, { a: '1', b: "'x'", c: '3' });
  expect(runnable).toEqual({
    order: { text: 'select $a + $b', start: 10, params: { a: 1, b: 'x' } },
    isSelection: false,
    missing: [],
  });
});

test('a selection is run as it is', () => {
  const runnable = runnableOf(text, { from: 0, to: 8 }, {});
  expect(runnable).toMatchObject({ order: { text: 'select 1', start: 0 }, isSelection: true });
});

test('parameters without a value are told', () => {
  expect(runnableOf(text, { from: 20, to: 20 }, { b: '' })?.missing).toEqual(['a', 'b']);
});

test('there is nothing to run in an empty text, and a selected blank is no selection', () => {
  expect(runnableOf(' -- nothing', { from: 0, to: 0 }, {})).toBeUndefined();
  expect(runnableOf(text, { from: 9, to: 10 }, {})?.isSelection).toBe(false);
});

test('ten times the rows are asked for, as long as a page can hold them', () => {
  const order = { text: 'select 1', start: 0, params: {} };
  const more = orderOfMore(order);
  expect(more?.rowsMax).toBe(100_000);
  expect(more && orderOfMore(more)?.rowsMax).toBe(1_000_000);
  expect(orderOfMore({ ...order, rowsMax: 1_000_000 })).toBeUndefined();
});
