import { expect, test } from 'vitest';
import { readConnectionOptions, type ConnectorName } from './connection-options.ts';
import { parseSecretReference } from './secret-reference.ts';

type Options = Readonly<Record<string, string>>;

function problemsOf(connector: ConnectorName, options: Options, isComplete = true): string[] {
  const { problems } = readConnectionOptions({ connector, options, isComplete });
  return problems.map(({ option, message, hint }) => `${option ?? '-'} | ${message} | ${hint}`);
}

const references: readonly (readonly [string, unknown])[] = [
  ['env:KAFKA_PASSWORD', { kind: 'env', name: 'KAFKA_PASSWORD' }],
  ['{{ KAFKA_PASSWORD }}', { kind: 'env', name: 'KAFKA_PASSWORD' }],
  ['{{X}}', { kind: 'env', name: 'X' }],
  ['file:/run/secrets/a b', { kind: 'file', path: '/run/secrets/a b' }],
  ['file:///run/secret', { kind: 'file', path: '/run/secret' }],
  ['ssm:/prod/kafka/password', { kind: 'ssm', name: '/prod/kafka/password' }],
  [
    'secretsmanager:prod/kafka#password',
    { kind: 'secretsmanager', id: 'prod/kafka', key: 'password' },
  ],
  ['secretsmanager:prod/kafka', { kind: 'secretsmanager', id: 'prod/kafka', key: undefined }],
  [
    'secretsmanager:arn:aws:secretsmanager:eu-central-1:1:secret:x-1#a.b',
    {
      kind: 'secretsmanager',
      id: 'arn:aws:secretsmanager:eu-central-1:1:secret:x-1',
      key: 'a.b',
    },
  ],
  ['hunter2', undefined],
  ['env:', undefined],
  ['env:NOT-A-NAME', undefined],
  ['ENV:NAME', undefined],
  ['ssm:a b', undefined],
  ['secretsmanager:#key', undefined],
  ['{{ A }}{{ B }}', undefined],
  ['x{{ A }}', undefined],
  ['', undefined],
];

test.each(references)('the reference %s', (text, expected) => {
  expect(parseSecretReference(text)).toEqual(expected);
});

const sasl = {
  bootstrap_servers: 'b:9096',
  'auth.type': 'sasl',
  'auth.mechanism': 'SCRAM-SHA-512',
  'auth.username': 'reader',
  'auth.password': 'env:PASSWORD',
};

const good: readonly (readonly [ConnectorName, Options, Options])[] = [
  ['kafka', { bootstrap_servers: ' a:1, b ' }, { bootstrap_servers: 'a:1, b' }],
  ['kafka', { 'bootstrap.servers': '[::1]:9' }, { bootstrap_servers: '[::1]:9' }],
  [
    'kafka',
    { Bootstrap_Servers: 'SASL_SSL://a:1,{{ SECOND }}' },
    { bootstrap_servers: 'SASL_SSL://a:1,{{ SECOND }}' },
  ],
  ['kafka', sasl, sasl],
  ['kafka', { ...sasl, 'auth.mechanism': 'scram_sha_512' }, sasl],
  [
    'kafka',
    { bootstrap_servers: 'a', 'auth.type': 'aws_msk_iam', role_arn: 'env:ROLE', external_id: 'x' },
    { bootstrap_servers: 'a', 'auth.type': 'aws_msk_iam', role_arn: 'env:ROLE', external_id: 'x' },
  ],
  [
    'confluent',
    { bootstrap_servers: 'pkc:9092', key: 'env:K', secret: 'env:S' },
    {
      bootstrap_servers: 'pkc:9092',
      'auth.type': 'sasl',
      'auth.protocol': 'SASL_SSL',
      'auth.mechanism': 'PLAIN',
      'auth.username': 'env:K',
      'auth.password': 'env:S',
    },
  ],
  [
    'kafka',
    {
      bootstrap_servers: 'a',
      client_configs:
        'security.protocol=sasl_ssl, sasl.mechanisms=PLAIN,sasl.username=u,' +
        'sasl.password={{ P }},ssl.ca.location=/ca.pem',
    },
    {
      bootstrap_servers: 'a',
      'auth.type': 'sasl',
      'auth.protocol': 'SASL_SSL',
      'auth.mechanism': 'PLAIN',
      'auth.username': 'u',
      'auth.password': '{{ P }}',
      'tls.ca': 'file:/ca.pem',
    },
  ],
  [
    'kinesis',
    { region: 'eu-central-1', endpoint: 'http://127.0.0.1:4567' },
    { aws_region: 'eu-central-1', aws_endpoint: 'http://127.0.0.1:4567' },
  ],
  ['kinesis', {}, {}],
];

test.each(good)('%s takes %o', (connector, options, expected) => {
  expect(problemsOf(connector, options)).toEqual([]);
  const read = readConnectionOptions({ connector, options, isComplete: true });
  expect(read.options).toEqual(expected);
});

const bad: readonly (readonly [ConnectorName, Options, RegExp])[] = [
  ['kafka', {}, /^- \| The option bootstrap_servers is missing\. \| For example/],
  ['kafka', { bootstrap_servers: 'a b' }, /is not a list of HOST:PORT/],
  ['kafka', { bootstrap_servers: 'a:9092;b:9092' }, /is not a list of HOST:PORT/],
  ['kafka', { bootstrap_servers: '' }, /is empty/],
  ['kafka', { bootstrap_serves: 'a' }, /no option "bootstrap_serves"\. \| Did you mean "boot/],
  ['kafka', { zzz: 'a' }, /no option "zzz"\. \| It knows: bootstrap_servers, auth\.type/],
  ['kafka', { bootstrap_servers: 'a', 'bootstrap.servers': 'b' }, /two spellings of one option/],
  ['kafka', { ...sasl, 'auth.password': 'hunter2' }, /Give a reference such as env:KAFKA_PASSWORD/],
  ['kafka', { ...sasl, 'auth.mechanism': 'SCRAM-SHA-521' }, /Did you mean SCRAM-SHA-512\?/],
  ['kafka', { ...sasl, 'auth.type': 'ssl' }, /It is one of: none, sasl, aws_msk_iam/],
  ['kafka', { ...sasl, 'auth.type': 'none' }, /auth\.username does nothing without auth\.type/],
  ['kafka', { ...sasl, 'auth.protocol': 'SSL' }, /has no SASL/],
  ['kafka', { ...sasl, 'auth.region': 'eu-west-1' }, /does nothing with auth\.type sasl/],
  ['kafka', { ...sasl, 'auth.token': 'env:T' }, /does nothing with SCRAM-SHA-512/],
  ['kafka', { ...sasl, 'auth.mechanism': 'OAUTHBEARER' }, /auth\.username does nothing with OAU/],
  [
    'kafka',
    { bootstrap_servers: 'a', 'auth.type': 'sasl' },
    /The option auth\.mechanism is missing for auth\.type sasl/,
  ],
  [
    'kafka',
    { bootstrap_servers: 'a', 'auth.type': 'sasl', 'auth.mechanism': 'OAUTHBEARER' },
    /auth\.oauth\.token_endpoint is missing \(or auth\.token\)/,
  ],
  [
    'kafka',
    { bootstrap_servers: 'a', 'auth.type': 'aws_msk_iam', 'auth.protocol': 'SASL_PLAINTEXT' },
    /has no TLS/,
  ],
  ['kafka', { bootstrap_servers: 'a', 'tls.cert': 'file:/c' }, /tls\.key is missing: it goes with/],
  [
    'kafka',
    { bootstrap_servers: 'a', 'auth.protocol': 'PLAINTEXT', 'tls.ca': 'file:/c' },
    /tls\.ca does nothing with the protocol PLAINTEXT/,
  ],
  ['kafka', { bootstrap_servers: 'a', client_configs: 'fetch.min.bytes=1' }, /has no meaning here/],
  ['kafka', { bootstrap_servers: 'a', client_configs: 'nonsense' }, /not name=value/],
  [
    'kafka',
    { bootstrap_servers: 'a', client_configs: 'sasl.password=hunter2' },
    /client_configs: auth\.password is given as plain text/,
  ],
  ['confluent', { bootstrap_servers: 'a', key: 'k', secret: 'hunter2' }, /CONFLUENT_SECRET/],
  ['confluent', { bootstrap_servers: 'a', key: 'k' }, /auth\.password is missing for PLAIN/],
  ['kafka', { bootstrap_servers: 'a', 'tls.ca': '/ca.pem' }, /is not a reference, nor PEM text/],
  ['kafka', { bootstrap_servers: 'a', 'tls.ca': 'file:ca.pem' }, /without its whole path/],
  ['kafka', { bootstrap_servers: 'a', 'auth.oauth.extensions': 'x' }, /a list of name=value/],
  ['kinesis', { aws_region: 'Frankfurt' }, /is not an AWS region/],
  ['kinesis', { aws_endpoint: '127.0.0.1:4567' }, /begins with http/],
  ['kinesis', { aws_endpoint: 'http://me:hunter2@host' }, /without a name or password/],
  ['kinesis', { role_arn: 'reader' }, /is not the ARN of a role/],
  ['kinesis', { external_id: 'x' }, /does nothing without role_arn/],
  ['kinesis', { aws_access_key_id: 'AKIA' }, /aws_secret_access_key is missing/],
  [
    'kinesis',
    { aws_access_key_id: 'AKIA', aws_secret_access_key: 'env:S', aws_profile: 'p' },
    /aws_profile does nothing beside an access key/,
  ],
];

test.each(bad)('%s refuses %o', (connector, options, expected) => {
  const problems = problemsOf(connector, options);
  expect(problems.join('\n')).toMatch(expected);
  expect(problems.join('\n')).not.toContain('hunter2');
});

test('with a stored connection beside it, nothing is missing', () => {
  expect(problemsOf('kafka', { 'auth.username': 'u' }, false)).toEqual([]);
  expect(problemsOf('kafka', { 'auth.type': 'sasl' }, false)).toEqual([]);
  expect(problemsOf('kafka', { 'auth.password': 'u' }, false)).toHaveLength(1);
});

test('all problems are told at once', () => {
  const options = { bootstrap_servers: 'a b', 'auth.pasword': 'x', 'auth.type': 'y' };
  expect(problemsOf('kafka', options)).toHaveLength(3);
});
