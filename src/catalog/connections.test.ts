import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { Catalog } from './catalog.ts';
import { StoredConnections } from './connections.ts';

let root: string;
let catalog: Catalog;
let connections: StoredConnections;
let users: readonly string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'helios-connections-'));
  catalog = new Catalog(join(root, 'catalog.db'));
  users = [];
  const clock = { ...systemClock, nowMs: () => 5 };
  connections = new StoredConnections({ catalog, clock, usersOf: () => users });
});

afterEach(() => {
  catalog.close();
  rmSync(root, { recursive: true, force: true });
});

const scram = {
  bootstrap_servers: 'b:9096',
  'auth.type': 'sasl',
  'auth.mechanism': 'SCRAM-SHA-512',
  'auth.username': 'reader',
  'auth.password': 'env:PASSWORD',
};

test('a connection is kept, and found whatever the case of its name', () => {
  const made = connections.create({ name: 'Prod', kind: 'kafka', options: scram });
  expect(made).toEqual({ name: 'Prod', kind: 'kafka', options: scram, createdAtMs: 5 });
  expect(connections.get('PROD')).toEqual(made);
  catalog.close();
  catalog = new Catalog(join(root, 'catalog.db'));
  const again = new StoredConnections({ catalog, clock: systemClock, usersOf: () => [] });
  expect(again.list()).toEqual([made]);
});

const refused: readonly (readonly [string, Record<string, string>, object])[] = [
  ['a b', scram, { code: 'invalid_name' }],
  ['-x', scram, { code: 'invalid_name' }],
  ['x', {}, { code: 'invalid_config', message: 'The option bootstrap_servers is missing.' }],
  [
    'x',
    { ...scram, 'auth.password': 'canary-hunter2' },
    { code: 'invalid_config', hint: expect.stringContaining('env:KAFKA_PASSWORD') },
  ],
  ['x', { ...scram, nonsense: '1' }, { code: 'invalid_config' }],
];

test.each(refused)('%s with %o is refused', (name, options, expected) => {
  const create = () => connections.create({ name, kind: 'kafka', options });
  expect(create).toThrow(expect.objectContaining(expected));
  expect(connections.list()).toEqual([]);
  expect(readFileSync(join(root, 'catalog.db')).includes('canary')).toBe(false);
});

test('a name is taken once', () => {
  connections.create({ name: 'prod', kind: 'kafka', options: scram });
  const again = () => connections.create({ name: 'PROD', kind: 'kinesis', options: {} });
  expect(again).toThrow(expect.objectContaining({ code: 'already_exists' }));
});

test('a connection that is used can not be deleted', () => {
  connections.create({ name: 'prod', kind: 'kafka', options: scram });
  users = ['the pipeline clicks'];
  expect(() => connections.delete('prod')).toThrow(
    expect.objectContaining({
      code: 'conflict',
      message: 'The connection prod is used by the pipeline clicks.',
    }),
  );
  users = [];
  connections.delete('PROD');
  expect(() => connections.get('prod')).toThrow(expect.objectContaining({ code: 'not_found' }));
});

test('an unknown name gets a suggestion', () => {
  connections.create({ name: 'production', kind: 'kafka', options: scram });
  expect(() => connections.delete('prodction')).toThrow(
    expect.objectContaining({ code: 'not_found', hint: 'Did you mean production?' }),
  );
});

test("a table's options are laid over those of its profile", () => {
  connections.create({ name: 'prod', kind: 'kafka', options: scram });
  const options = { 'bootstrap.servers': 'other:1', 'auth.mechanism': 'scram-sha-256' };
  expect(connections.optionsOf('kafka', { profile: 'prod', options })).toEqual({
    ...scram,
    bootstrap_servers: 'other:1',
    'auth.mechanism': 'SCRAM-SHA-256',
  });
  const plain = { bootstrap_servers: 'a:1' };
  expect(connections.optionsOf('kafka', { profile: undefined, options: plain })).toEqual(plain);
});

test('a profile of another kind, or one that is not there, is told', () => {
  connections.create({ name: 'prod', kind: 'kafka', options: scram });
  const of = (kind: 'kafka' | 'kinesis', profile: string, options = {}) => {
    return () => connections.optionsOf(kind, { profile, options });
  };
  expect(of('kinesis', 'prod')).toThrow('The connection prod is for kafka, not for kinesis.');
  expect(of('kafka', 'pord')).toThrow(expect.objectContaining({ hint: 'Did you mean prod?' }));
  expect(of('kafka', 'prod', { 'auth.password': 'canary' })).toThrow('plain text');
});
