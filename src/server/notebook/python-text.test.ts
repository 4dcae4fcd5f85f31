import { expect, test } from 'vitest';
import { pythonBlock, pythonValue } from './python-text.ts';

test.each([
  [null, 'None'],
  [true, 'True'],
  [-1.5, '-1.5'],
  [`it's "x"\\\n`, String.raw`"it's \"x\"\\\n"`],
  [['a', null], '["a", None]'],
  [{ 'a"b': false }, String.raw`{"a\"b": False}`],
])('%j as a literal', (value, expected) => {
  expect(pythonValue(value)).toBe(expected);
});

test.each([
  ['select 1\n  from t', '"""select 1\n  from t"""'],
  ['select "a"', '"""select "a\\""""'],
  ['a """ b', '"""a \\"\\"\\" b"""'],
  [String.raw`'\n'`, String.raw`"""'\\n'"""`],
  ['a\r\n\u0000b', '"""a\\x0d\n\\x00b"""'],
])('%j as a block', (text, expected) => {
  expect(pythonBlock(text)).toBe(expected);
});
