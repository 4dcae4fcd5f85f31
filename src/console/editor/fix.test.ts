import { expect, test } from 'vitest';
import type { ErrorBody } from '../../server/api.ts';
import { markOf } from './fix.ts';

const base: ErrorBody = {
  code: 'invalid_sql',
  message: 'There is no column "tpye".',
  hint: 'Did you mean type, ip?',
  position: { line: 2, column: 8, length: 4 },
  id: '',
};

test('an error is marked where it is in the whole text, with its fixes', () => {
  const text = 'select 1;\n-- second\nselect tpye from t';
  const mark = markOf(text, { text: '-- second\nselect tpye from t', start: 10 }, base);
  expect(mark && text.slice(mark.from, mark.to)).toBe('tpye');
  expect(mark?.fixes.map(({ insert }) => insert)).toEqual(['type', 'ip']);
});

test('quotes around a name are of the sentence', () => {
  const hint = 'Did you mean "shop_events"?';
  const error = { ...base, hint, position: { line: 1, column: 1, length: 1 } };
  expect(markOf('x', { text: 'x', start: 0 }, error)?.fixes[0]?.insert).toBe('shop_events');
});

test('what was changed since, or has no place, has no mark', () => {
  expect(markOf('select 2', { text: 'select 1', start: 0 }, base)).toBeUndefined();
  const { position: _, ...placeless } = base;
  expect(markOf('x', { text: 'x', start: 0 }, placeless)).toBeUndefined();
});
