import { expect, test } from 'vitest';
import { parseJson } from './json-node.ts';
import { scalarText } from './json-text.ts';
import { valueAt } from './value-at.ts';

const document = `{"id":9007199254740993,"a":{"b":{"c":"deep"}},"a.b":{"d":1.50},"twice":1,"twice":2,
  "list":[1],"none":null}`;

const cases: readonly (readonly [string, string | undefined])[] = [
  ['id', '9007199254740993'],
  ['a.b.c', 'deep'],
  ['a.b.d', '1.50'],
  ['twice', '2'],
  ['list', '1 item'],
  ['none', 'null'],
  ['id.x', undefined],
  ['', undefined],
  ['a.', undefined],
];

test.each(cases)('at %s there is %s', (path, expected) => {
  const root = parseJson(document);
  const found = root && valueAt(root, path);
  expect(found && scalarText(found)).toBe(expected);
});
