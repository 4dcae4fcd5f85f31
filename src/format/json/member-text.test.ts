import { fc } from '../../../test/properties.ts';
import { expect, test } from 'vitest';
import { memberText } from './member-text.ts';

test.each([
  ['{"a":1.10,"b":2}', 'a', '1.10'],
  ['{ "b" : [1, {"a": 5}] , "a" : "x,}\\"" }', 'a', '"x,}\\""'],
  ['{"b":{"a":1},"a":{"c":[1, 2]} }', 'a', '{"c":[1, 2]}'],
  ['{"b":"a","a":1E+2}', 'a', '1E+2'],
  ['{"a":1,"a":2}', 'a', '1'],
  [String.raw`{"\u0061":true}`, 'a', 'true'],
  [String.raw`{"q\"":1,"a\\":2}`, 'a\\', '2'],
  ['{"b":"a","a":"x y"}', 'a', '"x y"'],
  ['{"b":{"a":1},"a":2}', 'a', '2'],
  ['{"b":[{"a":1}],"a": 3 }', 'a', '3'],
  ['{"b":{"a":1}}', 'a', undefined],
  ['{"b":1}', 'a', undefined],
  ['{}', 'a', undefined],
  ['{"":null}', '', 'null'],
])('%s has %j as %j', (json, name, expected) => {
  expect(memberText(json, name)).toBe(expected);
});

test('each member of any object is found as it was written', () => {
  const spaces = fc.constantFrom('', ' ', '\t\r ');
  const names = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('a', 'b', 'c'));
  const values = fc.oneof(fc.json({ maxDepth: 2 }), fc.constantFrom('"a"', '"b"', '{"a":"b"}'));
  const members = fc.dictionary(names, values);
  fc.assert(
    fc.property(members, spaces, (object, space) => {
      const texts = Object.entries(object).map(
        ([name, json]) => `${space}${JSON.stringify(name)}${space}:${space}${json}${space}`,
      );
      const json = `{${texts.join(',') || space}}`;
      for (const [name, expected] of Object.entries(object)) {
        expect(memberText(json, name)).toBe(expected.trim());
      }
    }),
  );
});
