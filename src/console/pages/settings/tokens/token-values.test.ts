import { expect, test } from 'vitest';
import { bodyOf, isWhole, noValues, type TokenValues } from './token-values.ts';

const ingest: TokenValues = {
  ...noValues,
  name: ' site ',
  may: 'grants',
  grants: [
    { kind: 'ingest', name: 'clicks' },
    { kind: 'ingest', name: ' ' },
    { kind: 'ingest', name: 'clicks' },
  ],
  days: '',
};

test.each<[name: string, values: TokenValues, body: object]>([
  [
    'for a person',
    { ...noValues, name: 'anna', origins: 'https://not.shown', days: '1' },
    { name: 'anna', scopes: ['console'], expires_at: '1970-01-02T00:00:00.000Z' },
  ],
  ['for a program', ingest, { name: 'site', scopes: ['ingest:clicks'] }],
  [
    'for pages',
    { ...ingest, origins: 'https://a.test/\n http://b.test:81', rate: ' 5 ' },
    {
      name: 'site',
      scopes: ['ingest:clicks'],
      origins: ['https://a.test', 'http://b.test:81'],
      rate: 5,
    },
  ],
  [
    'for a program that reads, too',
    { ...ingest, grants: [...ingest.grants, { kind: 'query', name: '*' }], origins: 'https://a' },
    { name: 'site', scopes: ['ingest:clicks', 'query:*'] },
  ],
])('a token %s', (_name, values, body) => {
  expect(bodyOf(values, 0)).toEqual(body);
  expect(isWhole(values)).toBe(true);
});

test.each<[string, Partial<TokenValues>]>([
  ['a name', { name: ' ' }],
  ['anything that it may do', { may: 'grants', grants: [{ kind: 'query', name: '' }] }],
  ['a rate that is a number', { rate: 'many' }],
])('without %s it is not sent', (_name, values) => {
  expect(isWhole({ ...noValues, name: 'a', ...values })).toBe(false);
});
