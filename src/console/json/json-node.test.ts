import { expect, test } from 'vitest';
import { parseJson } from './json-node.ts';
import { jsonText } from './json-text.ts';

const documents = [
  '{"id":9007199254740993,"price":1.50,"big":123456789012345678901234567890.10}',
  '{"a":{"b":[1,-2e+5,true,false,null,""]},"a":2}',
  '[]',
  '{}',
  '"\\u0041\\n\\"<b>😀"',
  '-0',
  ' {\t"x" : [ 1 , 2 ]\n} ',
];

test.each(documents)('numbers of %s stay as they are written', (text) => {
  const node = parseJson(text);
  if (node === undefined) throw new Error('no document');
  const plain = JSON.stringify(JSON.parse(text));
  expect(JSON.stringify(JSON.parse(jsonText(node)))).toBe(plain);
  for (const number of text.match(/(?<!["\\u\d])-?\d[\d.e+]*(?!")/g) ?? []) {
    expect(jsonText(node)).toContain(number);
  }
});

const others = [
  '',
  'text',
  '{"a":1',
  '{"a" 1}',
  '[1,]',
  '01',
  '1 2',
  'nul',
  '"\u0001"',
  '"\\x"',
  "{'a':1}",
  `${'['.repeat(5000)}${']'.repeat(5000)}`,
];

test.each(others)('%s is no document that is shown as one', (text) => {
  expect(parseJson(text)).toBeUndefined();
});

test('a long text is a document like others', () => {
  const long = '\\n'.repeat(1_000_000);
  expect(parseJson(`["${long}"]`)).toEqual({
    kind: 'array',
    items: [{ kind: 'string', text: '\n'.repeat(1_000_000) }],
  });
});
