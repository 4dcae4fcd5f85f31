import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AclOperations,
  AclPermissionTypes,
  Base,
  Producer,
  ResourcePatternTypes,
  ResourceTypes,
} from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runToEnd } from '../../src/cli/testing/fixture.ts';
import { testConnection } from '../../src/connection/check/test-connection.ts';
import { describeRemoteError } from '../../src/connection/failure/remote-error.ts';
import { guardClient, resolveKafkaAccess } from '../../src/connection/kafka/kafka-access.ts';
import { TestServer } from '../../src/server/testing/test-server.ts';
import { makeCertificates } from '../peers/kafka-certificates.ts';
import { KafkaBroker, kafkaParts } from '../peers/kafka.ts';
import { contextOf, messageOf, stepsOf, verdictOf } from './connection-steps.ts';

const parts = await kafkaParts();

/** Nothing that is told anywhere may hold this. */
const canary = 'canary-7f3a';

describe.skipIf(parts === undefined)('connections to a Kafka broker', () => {
  let broker: KafkaBroker;
  let folder: string;
  let tokens: Server;
  let deadPort: number;
  const environment: Record<string, string> = {
    ALICE: 'alice-secret',
    SCRAM: 'scram-secret',
    WRONG: canary,
    BAD_TOKEN: `${canary}.x.y`,
    CLIENT_SECRET: 'client-secret',
  };
  const context = contextOf(environment);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'helios-connection-'));
    broker = await KafkaBroker.create(parts!);
    await broker.createTopic('orders', 3);
    await broker.createTopic('empty', 2);
    await broker.createTopic('closed', 1);
    const { bootstrap } = broker;
    const producer = new Producer({ clientId: 'test', bootstrapBrokers: [bootstrap.plaintext] });
    await producer.send({
      messages: [{ topic: 'orders', key: Buffer.from('k'), value: Buffer.from('{"a":1}') }],
    });
    await producer.close();
    const dead = createSocketServer().listen(0, '127.0.0.1');
    await once(dead, 'listening');
    deadPort = (dead.address() as AddressInfo).port;
    dead.close();
    environment['TOKEN'] = unsecuredToken('me');
    tokens = createServer((request, response) => {
      const isKnown = request.headers.authorization === basic('client', 'client-secret');
      response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
      const refusal = { error: 'invalid_client', error_description: `not ${canary}` };
      response.end(
        JSON.stringify(isKnown ? { access_token: unsecuredToken('oauth-user') } : refusal),
      );
    });
    tokens.listen(0, '127.0.0.1');
    await once(tokens, 'listening');
    // An authority that the broker doesn't know, nor it that.
    await makeCertificates(folder);
  });

  afterAll(async () => {
    tokens.close();
    await broker[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  function optionsOf(name: string): Record<string, string> {
    const { bootstrap, certificates } = broker;
    const plain = { 'auth.type': 'sasl', 'auth.mechanism': 'PLAIN' };
    const alice = { ...plain, 'auth.username': 'alice', 'auth.password': 'env:ALICE' };
    const scram = { ...alice, 'auth.username': 'scram', 'auth.password': 'env:SCRAM' };
    const tls = {
      bootstrap_servers: bootstrap.saslSsl,
      'tls.ca': `file:${certificates.authority}`,
    };
    const clear = { bootstrap_servers: bootstrap.saslPlaintext, 'auth.protocol': 'SASL_PLAINTEXT' };
    const bearer = { 'auth.type': 'sasl', 'auth.mechanism': 'OAUTHBEARER' };
    const grant = {
      ...bearer,
      'auth.oauth.token_endpoint': `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/`,
      'auth.oauth.client_id': 'client',
      'auth.oauth.client_secret': 'env:CLIENT_SECRET',
    };
    const mutual = {
      bootstrap_servers: bootstrap.ssl,
      'tls.ca': `file:${certificates.authority}`,
      'tls.cert': `file:${certificates.clientCertificate}`,
      'tls.key': `file:${certificates.clientKey}`,
    };
    const { 'tls.cert': _cert, 'tls.key': _key, ...oneSided } = mutual;
    const all: Record<string, Record<string, string>> = {
      plaintext: { bootstrap_servers: bootstrap.plaintext },
      'plaintext, one broker dead': { bootstrap_servers: `127.0.0.1:1,${bootstrap.plaintext}` },
      'plaintext, with a protocol': { bootstrap_servers: `PLAINTEXT://${bootstrap.plaintext}` },
      'PLAIN in the clear': { ...clear, ...alice },
      'PLAIN over TLS': { ...tls, ...alice },
      'PLAIN over TLS by name': {
        ...tls,
        ...alice,
        bootstrap_servers: bootstrap.saslSsl.replace('127.0.0.1', 'localhost'),
      },
      'SCRAM-SHA-256 over TLS': { ...tls, ...scram, 'auth.mechanism': 'SCRAM-SHA-256' },
      'SCRAM-SHA-512 over TLS': { ...tls, ...scram, 'auth.mechanism': 'SCRAM-SHA-512' },
      'SCRAM-SHA-512 in the clear': { ...clear, ...scram, 'auth.mechanism': 'SCRAM-SHA-512' },
      'a token over TLS': { ...tls, ...bearer, 'auth.token': 'env:TOKEN' },
      'a token from an endpoint': { ...tls, ...grant },
      "a client's certificate": mutual,
      'PLAIN, wrong password': { ...tls, ...alice, 'auth.password': 'env:WRONG' },
      'PLAIN, no such user': { ...tls, ...alice, 'auth.username': 'nobody' },
      'SCRAM, wrong password': {
        ...tls,
        ...scram,
        'auth.mechanism': 'SCRAM-SHA-256',
        'auth.password': 'env:WRONG',
      },
      'a wrong token': { ...tls, ...bearer, 'auth.token': 'env:BAD_TOKEN' },
      'a refused grant': { ...tls, ...grant, 'auth.oauth.client_secret': 'env:WRONG' },
      'IAM without keys': {
        ...tls,
        'auth.type': 'aws_msk_iam',
        'auth.region': 'eu-central-1',
        aws_profile: 'nobody',
      },
      'IAM where it is unknown': {
        ...tls,
        'auth.type': 'aws_msk_iam',
        'auth.region': 'eu-central-1',
        aws_access_key_id: 'AKIATEST',
        aws_secret_access_key: 'env:WRONG',
      },
      'an endpoint that is not there': {
        ...tls,
        ...grant,
        'auth.oauth.token_endpoint': `http://127.0.0.1:${deadPort}/`,
      },
      'no authority': { ...alice, bootstrap_servers: bootstrap.saslSsl },
      'another authority': { ...tls, ...alice, 'tls.ca': `file:${join(folder, 'ca.pem')}` },
      'another name': { ...tls, ...alice, 'tls.server_name': 'kafka.example' },
      "no client's certificate": oneSided,
      'a stranger’s certificate': {
        ...mutual,
        'tls.cert': `file:${join(folder, 'client.pem')}`,
        'tls.key': `file:${join(folder, 'client.key')}`,
      },
      'a key of another certificate': {
        ...mutual,
        'tls.key': `file:${join(folder, 'client.key')}`,
      },
      'no PEM': { ...tls, ...alice, 'tls.ca': 'env:ALICE' },
      'no TLS where there is': { bootstrap_servers: bootstrap.ssl },
      'TLS where there is none': {
        bootstrap_servers: bootstrap.plaintext,
        'auth.protocol': 'SSL',
      },
      'no SASL where there is': { bootstrap_servers: bootstrap.saslPlaintext },
      'SASL where there is none': { ...clear, ...alice, bootstrap_servers: bootstrap.plaintext },
      'a wrong port': { bootstrap_servers: '127.0.0.1:1' },
      'a wrong name': { bootstrap_servers: 'no-such-host.invalid:9092' },
      'a secret that is missing': { ...tls, ...alice, 'auth.password': 'env:NOPE' },
      'a file that is missing': { ...tls, ...alice, 'tls.ca': 'file:/nope/ca.pem' },
    };
    return all[name]!;
  }

  const good = [
    'plaintext',
    'plaintext, one broker dead',
    'plaintext, with a protocol',
    'PLAIN in the clear',
    'PLAIN over TLS',
    'PLAIN over TLS by name',
    'SCRAM-SHA-256 over TLS',
    'SCRAM-SHA-512 over TLS',
    'SCRAM-SHA-512 in the clear',
    'a token over TLS',
    'a token from an endpoint',
    "a client's certificate",
  ];

  test.each(good)('%s: every step goes well', async (name) => {
    const steps = await stepsOf({ kind: 'kafka', options: optionsOf(name) }, context);
    expect(verdictOf(steps)).toBe('ok');
    expect(steps).toHaveLength(8);
    expect(messageOf(steps, 'read')).toMatch(/^orders, partition \d, offset 0: 8 bytes of 20/);
    expect(messageOf(steps, 'describe')).toContain('orders has 3 partitions');
  });

  const bad: readonly (readonly [string, RegExp])[] = [
    ['PLAIN, wrong password', /^authentication: .* refused PLAIN: .*Invalid username or password/],
    ['PLAIN, no such user', /^authentication: .* refused PLAIN/],
    ['SCRAM, wrong password', /^authentication: .*SCRAM-SHA-256: .* Check auth\.username/],
    ['a wrong token', /^authentication: .* refused OAUTHBEARER: .*invalid_token.*audience/],
    [
      'a refused grant',
      /^authentication: http:.* answered 401 with invalid_client: not ….*client_id/,
    ],
    ['IAM without keys', /^authentication: There are no AWS credentials here/],
    ['IAM where it is unknown', /^authentication: .* refused AWS_MSK_IAM.*kafka-cluster:Connect/],
    ['an endpoint that is not there', /^authentication: Nothing listens at http:/],
    ['no authority', /^tls: .*authority that isn't known here.*tls\.ca/],
    ['another authority', /^tls: .*authority that isn't known here/],
    ['another name', /^tls: .*for other names: 127\.0\.0\.1, localhost.*tls\.server_name/],
    ["no client's certificate", /^tls: .*wants a client's certificate.*tls\.cert/],
    ['a stranger’s certificate', /^tls: .*client's certificate that it can trust/],
    ['a key of another certificate', /^options: tls\.key is not the key of the certificate/],
    ['no PEM', /^options: tls\.ca does not lead to PEM text/],
    ['no TLS where there is', /^authentication: .*speaks TLS.*auth\.protocol to SSL/],
    ['TLS where there is none', /^tls: .*may not speak TLS/],
    ['no SASL where there is', /^authentication: .*closed the connection.*auth\.type/],
    ['SASL where there is none', /^authentication: .*does not take SASL/],
    ['a wrong port', /^tcp: Nothing listens at 127\.0\.0\.1:1\. Check the port/],
    ['a wrong name', /^dns: The name in no-such-host\.invalid:9092 (is not known|could not)/],
    ['a secret that is missing', /^options: The environment variable NOPE is not set/],
    ['a file that is missing', /^options: The file \/nope\/ca\.pem does not exist/],
  ];

  test.each(bad)('%s: the step that fails says why and what to do', async (name, expected) => {
    const steps = await stepsOf({ kind: 'kafka', options: optionsOf(name) }, context);
    expect(verdictOf(steps)).toMatch(expected);
    expect(JSON.stringify(steps)).not.toContain(canary);
    const failed = steps.findIndex(({ outcome }) => outcome === 'failed');
    const rest = steps.slice(failed + 1);
    expect(rest.every(({ outcome }) => outcome === 'skipped')).toBe(true);
    expect(steps).toHaveLength(8);
  });

  test('a topic that is empty is allowed, and has nothing to read', async () => {
    const options = optionsOf('plaintext');
    const steps = await stepsOf({ kind: 'kafka', options }, context, 'empty');
    expect(verdictOf(steps)).toBe('ok');
    expect(messageOf(steps, 'read')).toBe('The topic has no record to read.');
  });

  test('the schema registry is tried after the broker', async () => {
    const options = {
      bootstrap_servers: broker.bootstrap.plaintext,
      'schema_registry.endpoint': `http://127.0.0.1:${deadPort}`,
    };
    const steps = await stepsOf({ kind: 'kafka', options }, context);
    expect(messageOf(steps, 'read')).toMatch(/^orders, partition/);
    expect(verdictOf(steps)).toMatch(/^registry-tcp: /);
    expect(messageOf(steps, 'registry-list')).toBe('Not tried, because registry-tcp failed.');
  });

  test('a topic that does not exist is told', async () => {
    const options = optionsOf('plaintext');
    const steps = await stepsOf({ kind: 'kafka', options }, context, 'nope');
    expect(verdictOf(steps)).toMatch(/^authorisation: The Kafka topic "nope" does not exist/);
  });

  test('what ACLs forbid is told with the command that allows it', async () => {
    await broker.administer(async (admin) => {
      const place = {
        resourceType: ResourceTypes.TOPIC,
        resourceName: 'closed',
        resourcePatternType: ResourcePatternTypes.LITERAL,
        host: '*',
        permissionType: AclPermissionTypes.ALLOW,
      };
      const reading = { ...place, principal: 'User:scram', operation: AclOperations.READ };
      const looking = { ...place, principal: 'User:alice', operation: AclOperations.DESCRIBE };
      await admin.createAcls({ creations: [reading, looking] });
    });
    const options = optionsOf('PLAIN in the clear');
    const steps = await stepsOf({ kind: 'kafka', options }, context, 'closed');
    expect(verdictOf(steps)).toMatch(
      /^authorisation: .*does not allow Read on the topic "closed".*kafka-acls --add/,
    );
  });

  test('a password that is put right is found at the next authentication', async () => {
    environment['ROTATED'] = canary;
    const options = { ...optionsOf('PLAIN over TLS'), 'auth.password': 'env:ROTATED' };
    const access = await resolveKafkaAccess(options, context);
    const client = new Base({ ...access.client, retries: 0 });
    guardClient(client);
    const refusal = await client.metadata({ topics: [] }).catch((thrown: unknown) => thrown);
    const described = describeRemoteError(refusal, access.place());
    expect(described).toMatchObject({ code: 'access_refused' });
    expect(inspected(described)).not.toContain(canary);
    environment['ROTATED'] = 'alice-secret';
    expect((await client.metadata({ topics: [] })).brokers.size).toBe(1);
    await client.close();
  });

  test('over HTTP, a password is in no answer, no log and no file', async () => {
    const secrets = { ...environment, SECRET: canary };
    await using server = await TestServer.start({ environment: secrets });
    const options = { ...optionsOf('SCRAM, wrong password'), 'auth.password': 'env:SECRET' };
    const path = '/api/v1/connections';
    const answers = [
      await server.json('POST', path, { name: 'prod', kind: 'kafka', options }),
      await server.json('GET', path),
      await server.json('POST', `${path}/prod/test`, {}),
      await server.json('POST', `${path}/test`, { kind: 'kafka', options }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200]);
    expect(answers[2]?.text).toContain('refused SCRAM-SHA-256');
    const told = answers.map(({ text }) => text).join('') + JSON.stringify(server.logLines);
    expect(told).not.toContain(canary);
    const names = await readdir(server.directory, { recursive: true, withFileTypes: true });
    const files = names.filter((name) => name.isFile());
    expect(files.map(({ name }) => name)).toContain('catalog.db');
    for (const { parentPath, name } of files) {
      expect((await readFile(join(parentPath, name))).includes(canary)).toBe(false);
    }
  });

  test('helios connection create, test and delete', async () => {
    await using server = await TestServer.start({ environment });
    const flags = ['--mechanism', 'SCRAM-SHA-512', '--username', 'scram'];
    const place = ['--bootstrap-servers', broker.bootstrap.saslSsl];
    const secrets = ['--password', 'env:SCRAM', '--ca', broker.certificates.authority];
    const words = ['connection', 'create', 'prod', ...place, ...flags, ...secrets];
    const url = ['--url', server.url];
    expect(await runToEnd([...words, ...url])).toMatchObject({ exitCode: 0 });
    const tried = await runToEnd(['connection', 'test', 'prod', '--stream', 'orders', ...url]);
    expect(tried).toMatchObject({ exitCode: 0, stderr: '' });
    expect(tried.stdout).toMatch(/✓ authentication The broker accepted SCRAM-SHA-512\./);
    expect(tried.stdout).toMatch(/✓ read {11}orders, partition \d, offset 0/);
    const missing = await runToEnd(['connection', 'test', 'prod', '--stream', 'nope', ...url]);
    expect(missing.exitCode).toBe(1);
    const gone = await runToEnd(['connection', 'delete', 'prod', ...url]);
    expect(gone).toMatchObject({ exitCode: 0 });
  });

  test('a server that stays silent ends with the time that was given', async () => {
    const silent = createSocketServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const options = { bootstrap_servers: `127.0.0.1:${port}` };
    const { signal } = new AbortController();
    const steps = [];
    const limits = { timeoutMs: 300, signal };
    for await (const step of testConnection({ kind: 'kafka', options }, context, limits)) {
      steps.push(step);
    }
    expect(verdictOf(steps)).toMatch(/^authentication: It was not done within 0\.3 s/);
    silent.close();
  });

  test('a token of a file that is renewed is found', async () => {
    const path = join(folder, 'token');
    await writeFile(path, unsecuredToken('me', -60));
    const options = { ...optionsOf('a token over TLS'), 'auth.token': `file:${path}` };
    const expired = await stepsOf({ kind: 'kafka', options }, context);
    expect(verdictOf(expired)).toMatch(/^authentication: .*refused OAUTHBEARER/);
    await writeFile(path, `${unsecuredToken('me')}\n`);
    expect(verdictOf(await stepsOf({ kind: 'kafka', options }, context))).toBe('ok');
  });
});

function unsecuredToken(subject: string, lifeSeconds = 3600): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: subject, iat: now - 120, exp: now + lifeSeconds };
  const encoded = [{ alg: 'none' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `${encoded.join('.')}.`;
}

function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

/** All that a log could show of an error. */
function inspected(error: Error): string {
  return `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
}
