import { expect, test } from 'vitest';
import { fieldsAt, jsonFields, structFields } from './fields.ts';

test('the fields of a struct, however it is nested and named', () => {
  const type =
    'STRUCT(a BIGINT, "b, (c" STRUCT(d DECIMAL(10,2), e VARCHAR[]), f STRUCT(g INTEGER)[])';
  expect(structFields(type)).toMatchObject([
    { name: 'a', type: 'BIGINT', fields: [] },
    {
      name: 'b, (c',
      type: 'STRUCT',
      fields: [
        { name: 'd', type: 'DECIMAL(10,2)' },
        { name: 'e', type: 'VARCHAR[]' },
      ],
    },
    { name: 'f', fields: [] },
  ]);
  expect(structFields('BIGINT')).toEqual([]);
});

test('the members of JSON by its structure', () => {
  const fields = jsonFields('{"a":"BIGINT","b":{"c d":["VARCHAR"]},"e":"NULL"}');
  expect(fields).toMatchObject([
    { name: 'a', type: 'bigint' },
    { name: 'b', type: 'object', fields: [{ name: 'c d', type: 'array' }] },
    { name: 'e', type: 'null' },
  ]);
  expect(fieldsAt(fields, ['b'])?.[0]?.name).toBe('c d');
  expect(fieldsAt(fields, ['b', 'x'])).toBeUndefined();
});

test.each(['"VARCHAR"', '["BIGINT"]', 'null', '{"a":', ''])('%s has no members', (structure) => {
  expect(jsonFields(structure)).toEqual([]);
});
