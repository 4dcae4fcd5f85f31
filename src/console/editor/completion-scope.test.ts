import { expect, test } from 'vitest';
import { suggestions } from './completion-scope.ts';

const tables = [
  {
    name: 'orders',
    columns: [
      { name: 'id', type: 'BIGINT' },
      { name: 'Total', type: 'DOUBLE' },
    ],
  },
  { name: 'users', columns: [{ name: 'name', type: 'VARCHAR' }] },
  { name: 'helios.queries', columns: [{ name: 'sql', type: 'VARCHAR' }] },
];

test.each([
  ['select  from orders', 'select ', ['id', 'Total', 'orders', 'users', 'helios.queries']],
  ['select o. from orders o join users as u on true', 'select o.', ['id', 'Total']],
  ['select u. from orders o join users as u on true', 'select o.id, u.', ['name']],
  ['select orders. from orders where true', 'select orders.', ['id', 'Total']],
  ['select * from helios.', 'select * from helios.', ['queries']],
  ['select  from helios.queries', 'select ', ['sql', 'orders', 'users', 'helios.queries']],
  ['select x. from orders', 'select x.', []],
])('in %j behind %j', (statement, before, expected) => {
  expect(suggestions(statement, before, tables).map(({ label }) => label)).toEqual(expected);
});

test('a name that is no ordinary word is written in quotes, with its type beside', () => {
  const [total] = suggestions('from orders', '', tables).filter(({ label }) => label === 'Total');
  expect(total).toMatchObject({ apply: '"Total"', detail: 'DOUBLE' });
});
