import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeApi, runToEnd } from '../testing/fixture.ts';

let api: FakeApi;

beforeEach(async () => {
  api = await FakeApi.start();
});

afterEach(async () => {
  await api[Symbol.asyncDispose]();
});

async function run(...words: string[]) {
  return await runToEnd(['connection', ...words, '--url', api.url], { workingDirectory: '/here' });
}

const made = { name: 'prod', kind: 'kafka', options: {}, created_at: '2026-01-01T00:00:00.000Z' };

const creations: readonly (readonly [string, object])[] = [
  [
    '--kind kafka --bootstrap-servers a:1,b:2',
    { kind: 'kafka', options: { bootstrap_servers: 'a:1,b:2' } },
  ],
  [
    '--bootstrap-servers a:1 --mechanism scram-sha-512 --username u --password env:P --ca ca.pem',
    {
      kind: 'kafka',
      options: {
        bootstrap_servers: 'a:1',
        'auth.type': 'sasl',
        'auth.mechanism': 'SCRAM-SHA-512',
        'auth.username': 'u',
        'auth.password': 'env:P',
        'tls.ca': 'file:/here/ca.pem',
      },
    },
  ],
  [
    '--bootstrap-servers a:1 --mechanism AWS_MSK_IAM --region eu-central-1',
    {
      kind: 'kafka',
      options: {
        bootstrap_servers: 'a:1',
        'auth.type': 'aws_msk_iam',
        'auth.region': 'eu-central-1',
      },
    },
  ],
  [
    '--bootstrap-servers a:1 --mechanism PLAIN --no-tls --username u --password file:secret',
    {
      kind: 'kafka',
      options: {
        bootstrap_servers: 'a:1',
        'auth.type': 'sasl',
        'auth.mechanism': 'PLAIN',
        'auth.protocol': 'SASL_PLAINTEXT',
        'auth.username': 'u',
        'auth.password': 'file:/here/secret',
      },
    },
  ],
  [
    '--kind confluent --bootstrap-servers a:1 --username k --password env:S',
    { kind: 'confluent', options: { bootstrap_servers: 'a:1', key: 'k', secret: 'env:S' } },
  ],
  [
    '--kind kinesis --region eu-central-1 -o role_session_name=x -o role_arn=env:ROLE',
    {
      kind: 'kinesis',
      options: {
        aws_region: 'eu-central-1',
        role_session_name: 'x',
        role_arn: 'env:ROLE',
      },
    },
  ],
];

test.each(creations)('create %s', async (flags, expected) => {
  api.routes['POST /api/v1/connections'] = { status: 201, body: made };
  const result = await run('create', 'prod', ...flags.split(' '));
  expect(result).toMatchObject({ exitCode: 0 });
  expect(api.seen[0]?.body).toEqual({ name: 'prod', ...expected });
  expect(result.stderr).toContain('helios connection test prod');
});

const mistakes: readonly (readonly [string, string])[] = [
  ['--bootstrap-servers a:1 --mechanism PLAIN --username u --password canary', 'env:KAFKA_PASS'],
  ['--region eu-central-1', 'Give --kind kafka'],
  ['--kind kafk --bootstrap-servers a:1', 'Did you mean kafka?'],
  ['--kind kinesis --bootstrap-servers a:1', '--bootstrap-servers has no meaning'],
  ['--kind kinesis -o nonsense', 'not written as NAME=VALUE'],
  ['--kind kinesis -o aws_regoin=eu-west-1', 'Did you mean "aws_region"?'],
  ['--kind kafka', 'The option bootstrap_servers is missing'],
];

test.each(mistakes)('create %s is refused before anything is sent', async (flags, expected) => {
  const result = await run('create', 'prod', ...flags.split(' '));
  expect(result.exitCode).toBeGreaterThan(0);
  expect(result.stderr).toContain(expected);
  expect(result.stderr).not.toContain('canary');
  expect(api.seen).toEqual([]);
});

const steps = [
  { step: 'options', outcome: 'ok', message: 'PLAIN, TLS.', duration_ms: 1 },
  { step: 'dns', outcome: 'failed', message: 'Not known.', hint: 'Check it.', duration_ms: 2 },
  { step: 'tcp', outcome: 'skipped', message: 'Not tried.', duration_ms: 0 },
];

test('each step of a test is shown, and it fails when one did', async () => {
  const body = steps.map((step) => `${JSON.stringify(step)}\n`).join('');
  api.routes['POST /api/v1/connections/prod/test'] = { body };
  const result = await run('test', 'prod', '--stream', 'orders', '--timeout', '5s');
  expect(api.seen[0]?.body).toEqual({ stream: 'orders', timeout_ms: 5000 });
  expect(result.exitCode).toBe(1);
  expect(result.stdout).toBe(
    [
      '✓ options        PLAIN, TLS.',
      '✗ dns            Not known.',
      '                 Check it.',
      '– tcp            Not tried.',
      '',
    ].join('\n'),
  );
});

test('a test without a name tries what is not kept, and speaks JSON', async () => {
  api.routes['POST /api/v1/connections/test'] = { body: `${JSON.stringify(steps[0])}\n` };
  const result = await run('test', '--bootstrap-servers', 'a:1', '--json');
  expect(api.seen[0]?.body).toEqual({ kind: 'kafka', options: { bootstrap_servers: 'a:1' } });
  expect(result.exitCode).toBe(0);
  expect(JSON.parse(result.stdout)).toEqual({ v: 1, ...steps[0] });
});

test('list, show and delete', async () => {
  const options = { bootstrap_servers: 'a:1', 'auth.mechanism': 'PLAIN' };
  const one = { ...made, options };
  api.routes['GET /api/v1/connections'] = { body: { connections: [one] } };
  api.routes['GET /api/v1/connections/prod'] = { body: one };
  api.routes['DELETE /api/v1/connections/prod'] = { status: 204, body: '' };
  expect((await run('list')).stdout).toMatch(/prod.*kafka.*a:1.*PLAIN/);
  expect((await run('show', 'prod')).stdout).toMatch(/bootstrap_servers.*a:1/);
  expect(await run('delete', 'prod')).toMatchObject({ exitCode: 0, stdout: '' });
  expect(JSON.parse((await run('delete', 'prod', '--json')).stdout)).toEqual({
    v: 1,
    deleted: 'prod',
  });
});

test('help tells nothing of how options are kept', async () => {
  for (const words of [['connection', 'create'], ['connect'], ['peek']]) {
    const { stdout } = await runToEnd([...words, '--help'], {});
    expect(stdout).toContain('repeat it');
    expect(stdout).not.toContain('default: []');
  }
});
