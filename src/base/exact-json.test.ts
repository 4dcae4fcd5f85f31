import { expect, test } from 'vitest';
import { exactJson, parseExactJson } from './exact-json.ts';

test.each([
  '{"a":1,"b":-9223372036854775808,"c":[9007199254740993,9007199254740991],"d":1.5}',
  '{"text":"1234567890123456789","__proto__":{"x":null}}',
  '12345678901234567890123456789',
])('%s is the same text when it was read and written again', (text) => {
  expect(exactJson(parseExactJson(text))).toBe(text);
});
