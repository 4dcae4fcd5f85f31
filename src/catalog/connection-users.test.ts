import { expect, test } from 'vitest';
import { connectionUsers } from './connection-users.ts';

function reading(connection: string): string {
  return `
    CREATE TABLE orders (id BIGINT) WITH (
      connector = 'kafka', type = 'source', format = 'json',
      ${connection}, topic = 'orders'
    );
    CREATE TABLE copy WITH (connector = 'delta', path = 'copy');
    INSERT INTO copy SELECT id FROM orders;`;
}

const pipelines = [
  { name: 'one', sql: reading("connection_profile = 'Prod'") },
  { name: 'two', sql: reading("bootstrap_servers = 'prod:9092'") },
  { name: 'three', sql: "SELEC connection_profile = 'prod'" },
];

test.each([
  ['prod', ['the pipeline one']],
  ['PROD', ['the pipeline one']],
  ['pro', []],
])('who uses %s', (name, expected) => {
  expect(connectionUsers(pipelines, name)).toEqual(expected);
});
