import { expect, test } from 'vitest';
import type { ColumnType, Schema } from '../event/schema.ts';
import { holdsLocalTimes, withInstants, withLocalTimes, withTimesOf } from './local-times.ts';
import { isSameStoredType, printSchema } from './schema-json.ts';

const at: ColumnType = { kind: 'timestamp' };
const schema: Schema = [
  { name: 'id', type: { kind: 'text' } },
  { name: 'at', type: at },
  { name: 'li', type: { kind: 'list', element: at } },
  { name: 'st', type: { kind: 'struct', fields: [{ name: 'at', type: at }] } },
  { name: 'ma', type: { kind: 'map', key: { kind: 'text' }, value: at } },
];

test('marks all times of a schema, wherever they are, and takes the marks off again', () => {
  const local = withLocalTimes(schema);
  expect(printSchema(local).match(/timestamp_ntz/g)).toHaveLength(4);
  expect(holdsLocalTimes(local)).toBe(true);
  expect(withInstants(local)).toEqual(schema);
  expect(holdsLocalTimes(schema)).toBe(false);
  local.forEach(({ type }, index) => {
    expect(isSameStoredType(type, schema[index]?.type ?? type)).toBe(true);
  });
});

test('takes the kind of each time from the table, and of a new one from what is asked', () => {
  const [id, moment, ...rest] = schema;
  const table = printSchema([...withLocalTimes(rest), ...[id, moment].flatMap((one) => one ?? [])]);
  const columns = [...schema, { name: 'new', type: at }];
  const found = withTimesOf(columns, table, { takesNew: true });
  expect(found.slice(0, 2)).toEqual(schema.slice(0, 2));
  expect(found.slice(2, 5)).toEqual(withLocalTimes(schema).slice(2));
  expect(found[5]?.type).toEqual({ kind: 'timestamp', isLocal: true });
  expect(withTimesOf(columns, table, { takesNew: false })[5]?.type).toEqual(at);
});
