import { expect, test } from 'vitest';
import { FieldCounter } from './field-statistics.ts';

function counted(...texts: readonly string[]): FieldCounter {
  const counter = new FieldCounter();
  for (const text of texts) counter.add(text);
  return counter;
}

test('fields have their share, their types and examples', () => {
  const counter = counted(
    '{"id":9007199254740993,"properties":{"product":"p1"}}',
    '{"id":2.50,"properties":{"product":"p1"},"tags":[1,2]}',
    '{"id":null}',
    'no document',
    '[1]',
  );
  expect([counter.documentCount, counter.otherCount]).toEqual([3, 2]);
  expect(counter.fields()).toEqual([
    {
      path: 'id',
      presentCount: 3,
      kinds: [
        { kind: 'whole number', count: 1 },
        { kind: 'number', count: 1 },
        { kind: 'null', count: 1 },
      ],
      examples: ['9007199254740993', '2.50'],
    },
    {
      path: 'properties',
      presentCount: 2,
      kinds: [{ kind: 'object', count: 2 }],
      examples: [],
    },
    {
      path: 'properties.product',
      presentCount: 2,
      kinds: [{ kind: 'text', count: 2 }],
      examples: ['p1'],
    },
    { path: 'tags', presentCount: 1, kinds: [{ kind: 'list', count: 1 }], examples: ['2 items'] },
  ]);
});

test('a field that is written twice is present once', () => {
  expect(counted('{"a":1,"a":2}').fields()).toMatchObject([{ path: 'a', presentCount: 1 }]);
});

test('more fields than a person reads are not counted', () => {
  const names = Array.from({ length: 1000 }, (_, index) => [`f${index}`, index]);
  const counter = counted(JSON.stringify(Object.fromEntries(names)));
  expect(counter.fields()).toHaveLength(300);
  expect(counter.isCut).toBe(true);
});
