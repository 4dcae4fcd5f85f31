import { expect, test } from 'vitest';
import { FieldCounter } from './field-statistics.ts';

function counted(...texts: readonly string[]): FieldCounter {
  const counter = new FieldCounter();
  for (const text of texts) counter.add(text);
  return counter;
}

test('fields have their share, their types, their values and their range', () => {
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
      top: [
        { text: '9007199254740993', count: 1 },
        { text: '2.50', count: 1 },
      ],
      range: { least: '2.50', greatest: '9007199254740993' },
    },
    {
      path: 'properties',
      presentCount: 2,
      kinds: [{ kind: 'object', count: 2 }],
      top: [],
      range: undefined,
    },
    {
      path: 'properties.product',
      presentCount: 2,
      kinds: [{ kind: 'text', count: 2 }],
      top: [{ text: 'p1', count: 2 }],
      range: undefined,
    },
    {
      path: 'tags',
      presentCount: 1,
      kinds: [{ kind: 'list', count: 1 }],
      top: [{ text: '2 items', count: 1 }],
      range: undefined,
    },
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

test('of a field with many values, the most frequent of the first ones are told', () => {
  const texts = Array.from({ length: 500 }, (_, index) => `{"v":"${index % 100}"}`);
  const [field] = counted('{"v":"7"}', ...texts).fields();
  expect(field?.top[0]).toEqual({ text: '7', count: 6 });
  expect(field?.top).toHaveLength(3);
});
