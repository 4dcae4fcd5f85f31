import { expect, test } from 'vitest';
import { type AddressKind, addressFields, addressOptions, oddLines } from './address.ts';

const servers = 'broker:9092';
const cases: readonly (readonly [AddressKind, Record<string, string>, Record<string, string>])[] = [
  ['kafka', { servers }, { bootstrap_servers: servers, 'auth.protocol': 'PLAINTEXT' }],
  [
    'kafka',
    { servers, login: 'SCRAM-SHA-512', username: 'me', password: ' env:P ' },
    {
      bootstrap_servers: servers,
      'auth.username': 'me',
      'auth.password': 'env:P',
      'auth.type': 'sasl',
      'auth.mechanism': 'SCRAM-SHA-512',
      'auth.protocol': 'SASL_SSL',
    },
  ],
  [
    'kafka',
    { servers, login: 'AWS_MSK_IAM', msk_region: 'eu-west-1', password: 'env:LEFT_OVER' },
    { bootstrap_servers: servers, 'auth.type': 'aws_msk_iam', 'auth.region': 'eu-west-1' },
  ],
  [
    'confluent',
    { servers, key: 'env:K', secret: 'env:S' },
    { bootstrap_servers: servers, key: 'env:K', secret: 'env:S' },
  ],
  [
    'kinesis',
    { region: 'eu-west-1', profile: 'left over', more: 'role_session_name = me' },
    { aws_region: 'eu-west-1', role_session_name: 'me' },
  ],
];

test.each(cases)('%s %o is %o', (kind, values, options) => {
  expect(addressOptions(kind, (name) => values[name] ?? '')).toEqual(options);
});

test('fields are asked for where they have a meaning', () => {
  const names = (values: Record<string, string>): readonly string[] =>
    addressFields('kafka', (name) => values[name] ?? '').map(({ name }) => name);
  expect(names({})).toEqual(['servers', 'login', 'tls', 'more']);
  expect(names({ login: 'PLAIN' })).toContain('ca');
  expect(names({ login: 'PLAIN', tls: 'plain' })).not.toContain('ca');
});

test('lines that say no option are told', () => {
  expect(oddLines('a=1\n\n b = 2\nnonsense')).toEqual(['nonsense']);
});
