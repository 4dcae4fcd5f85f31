import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendToAws } from '../../src/connection/aws/aws-request.ts';
import { callerIdentity } from '../../src/connection/aws/caller-identity.ts';
import { awsCredentials } from '../../src/connection/aws/credentials.ts';
import { createKinesisClient } from '../../src/connection/aws/kinesis-client.ts';
import type { ConnectionContext } from '../../src/connection/context.ts';
import { createStream, type KinesisPeer, putRecords, startKinesalite } from '../peers/kinesis.ts';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { FaultProxy } from './kinesis-fault-proxy.ts';
import { contextOf, messageOf, stepsOf, verdictOf } from './connection-steps.ts';

const region = 'eu-central-1';
/** Nothing that is told anywhere may hold this. */
const canary = 'canary-7f3a';
const keys = { accessKeyId: 'AKIATEST', secretAccessKey: canary };

/** The SDK reads these itself; what this machine has of them is put aside. */
const awsVariables = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
let folder: string;

beforeAll(async () => {
  for (const name of awsVariables) delete process.env[name];
  folder = await mkdtemp(join(tmpdir(), 'helios-aws-'));
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  process.env['AWS_CONFIG_FILE'] = join(folder, 'config');
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(folder, 'credentials');
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const moto = await startMoto();

describe.skipIf(moto === undefined)('secrets that AWS keeps', () => {
  let peer: MotoPeer;
  let context: ConnectionContext;

  beforeAll(async () => {
    peer = moto!;
    const endpoint = { AWS_ENDPOINT_URL: peer.endpoint, AWS_REGION: region };
    context = contextOf(endpoint);
    await keep('ssm', 'AmazonSSM.PutParameter', {
      Name: '/prod/password',
      Value: 'hunter2',
      Type: 'SecureString',
    });
    for (const [Name, secret] of Object.entries(kept)) {
      await keep('secretsmanager', 'secretsmanager.CreateSecret', { Name, ...secret });
    }
  });

  afterAll(async () => await peer[Symbol.asyncDispose]());

  const kept = {
    'prod/json': { SecretString: '{"user":"u","password":"hunter2","port":9092,"deep":{}}' },
    'prod/text': { SecretString: 'hunter2' },
    'prod/bytes': { SecretBinary: Buffer.from('hunter2').toString('base64') },
  };

  /** A request that is answered late is sent again, and finds what the first one made. */
  async function keep(service: 'ssm' | 'secretsmanager', target: string, body: object) {
    const answer = sendToAws(
      {
        service,
        region,
        credentials: () => Promise.resolve(keys),
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
        body: JSON.stringify(body),
      },
      context,
    );
    await answer.catch((thrown: unknown) => {
      const isThere = thrown instanceof Error && /AlreadyExists|ResourceExists/.test(thrown.name);
      if (!isThere) throw thrown;
    });
  }

  const found: readonly (readonly [string, string])[] = [
    ['ssm:/prod/password', 'hunter2'],
    ['ssm:arn:aws:ssm:eu-central-1:123456789012:parameter/prod/password', 'hunter2'],
    ['secretsmanager:prod/json#password', 'hunter2'],
    ['secretsmanager:prod/json#port', '9092'],
    ['secretsmanager:prod/text', 'hunter2'],
    ['secretsmanager:prod/bytes', 'hunter2'],
  ];

  test.each(found)('%s is found', async (reference, expected) => {
    expect(await context.secrets.resolve(reference)).toBe(expected);
  });

  const missing: readonly (readonly [string, RegExp])[] = [
    ['ssm:/prod/nope', /^ssm:\/prod\/nope does not exist in eu-central-1\.$/],
    ['secretsmanager:prod/nope', /^secretsmanager:prod\/nope does not exist in eu-central-1\.$/],
    ['secretsmanager:prod/json#nope', /^secretsmanager:prod\/json has no text under "nope"\.$/],
    ['secretsmanager:prod/json#deep', /has no text under "deep"/],
    ['secretsmanager:prod/text#key', /is not a JSON object/],
  ];

  test.each(missing)('%s is told', async (reference, message) => {
    await expect(context.secrets.resolve(reference)).rejects.toMatchObject({
      code: 'secret_missing',
      message: expect.stringMatching(message),
    });
  });

  test('a secret that is exchanged is found', async () => {
    const name = { Name: '/prod/rotated', Type: 'SecureString' };
    await keep('ssm', 'AmazonSSM.PutParameter', { ...name, Value: 'one' });
    expect(await context.secrets.resolve('ssm:/prod/rotated')).toBe('one');
    await keep('ssm', 'AmazonSSM.PutParameter', { ...name, Value: 'two', Overwrite: true });
    expect(await context.secrets.resolve('ssm:/prod/rotated')).toBe('two');
  });

  test('without a region it is told what to set', async () => {
    const { secrets } = contextOf({ AWS_ENDPOINT_URL: peer.endpoint });
    await expect(secrets.resolve('ssm:/prod/password')).rejects.toMatchObject({
      code: 'invalid_config',
      hint: expect.stringContaining('AWS_REGION'),
    });
  });

  test('STS says who we are, also in the role that was taken on', async () => {
    const options = {
      aws_access_key_id: 'AKIATEST',
      aws_secret_access_key: 'env:KEY',
      role_arn: 'arn:aws:iam::123456789012:role/reader',
      external_id: 'env:EXTERNAL',
    };
    const variables = { AWS_ENDPOINT_URL: peer.endpoint, KEY: canary, EXTERNAL: 'ours' };
    const withKey = contextOf(variables);
    const credentials = awsCredentials(options, region, withKey);
    expect((await credentials()).accessKeyId).toMatch(/^ASIA/);
    const arn = await callerIdentity(credentials, region, withKey);
    expect(arn).toBe('arn:aws:sts::123456789012:assumed-role/reader/helios');
  });
});

describe('credentials of AWS', () => {
  test('a role is asked for with its external id and name', async () => {
    await using sts = await answering(() => ({ status: 200, body: assumed }));
    const options = {
      aws_access_key_id: 'AKIATEST',
      aws_secret_access_key: 'env:KEY',
      role_arn: 'arn:aws:iam::123456789012:role/reader',
      external_id: 'env:EXTERNAL',
      role_session_name: 'night',
    };
    const context = contextOf({ AWS_ENDPOINT_URL_STS: sts.url, KEY: canary, EXTERNAL: 'ours' });
    const found = await awsCredentials(options, region, context)();
    expect(found).toMatchObject({ accessKeyId: 'ASIAROLE', sessionToken: 'token' });
    const form = Object.fromEntries(new URLSearchParams(sts.bodies[0]));
    expect(form).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: options.role_arn,
      ExternalId: 'ours',
      RoleSessionName: 'night',
    });
    expect(JSON.stringify(sts.bodies)).not.toContain(canary);
  });

  test('a profile gives keys and region; exchanged keys are found after a while', async () => {
    await writeFile(join(folder, 'config'), '[profile prod]\nregion = eu-west-3\n');
    await writeProfile('AKIAONE');
    let nowMs = 1_000_000;
    const base = contextOf({ AWS_CONFIG_FILE: join(folder, 'config') });
    const context = { ...base, clock: { ...base.clock, nowMs: () => nowMs } };
    const access = await createKinesisClient({ aws_profile: 'prod' }, context);
    expect(access.region).toBe('eu-west-3');
    expect((await access.credentials()).accessKeyId).toBe('AKIAONE');
    await writeProfile('AKIATWO');
    expect((await access.credentials()).accessKeyId).toBe('AKIAONE');
    nowMs += 300_000;
    expect((await access.credentials()).accessKeyId).toBe('AKIATWO');
    access.client.destroy();
  });

  async function writeProfile(key: string): Promise<void> {
    const profile = `[prod]\naws_access_key_id = ${key}\naws_secret_access_key = ${canary}\n`;
    await writeFile(join(folder, 'credentials'), profile);
  }

  test("an ARN's region is taken, unless one is given", async () => {
    const arn = 'arn:aws:kinesis:us-west-2:123456789012:stream/clicks';
    const ofArn = await createKinesisClient({}, contextOf({ AWS_REGION: region }), arn);
    expect(ofArn.region).toBe('us-west-2');
    const given = await createKinesisClient({ aws_region: region }, contextOf({}), arn);
    expect(given.region).toBe(region);
  });
});

describe('connections to Kinesis', () => {
  let kinesis: KinesisPeer;

  beforeAll(async () => {
    kinesis = await startKinesalite();
    await createStream(kinesis.client, 'clicks', 2);
    await createStream(kinesis.client, 'empty', 1);
    await putRecords(kinesis.client, 'clicks', [{ key: 'k', data: '{"a":1}' }]);
  });

  afterAll(async () => await kinesis[Symbol.asyncDispose]());

  const context = contextOf({ KEY: canary });
  const given = { aws_access_key_id: 'AKIATEST', aws_secret_access_key: 'env:KEY' };

  test('every step goes well', async () => {
    const options = { aws_region: region, aws_endpoint: kinesis.endpoint };
    const steps = await stepsOf({ kind: 'kinesis', options }, context);
    expect(verdictOf(steps)).toBe('ok');
    expect(messageOf(steps, 'describe')).toMatch(/2 streams; clicks: ACTIVE, 2 open shards/);
    expect(messageOf(steps, 'read')).toMatch(
      /^clicks, shardId-\d+: 7 bytes of 20.*GetRecords are allowed/,
    );
    expect(messageOf(steps, 'tls')).toBe('The endpoint is without TLS.');
  });

  test('keys by reference are used, and not told', async () => {
    const options = { aws_region: region, aws_endpoint: kinesis.endpoint, ...given };
    const steps = await stepsOf({ kind: 'kinesis', options }, context, 'clicks');
    expect(verdictOf(steps)).toBe('ok');
    expect(messageOf(steps, 'authentication')).toContain('the access key …TEST');
    expect(JSON.stringify(steps)).not.toContain(canary);
  });

  const looked: readonly (readonly [string, RegExp, RegExp])[] = [
    ['empty', /^ok$/, /No record was found/],
    ['nope', /^authorisation: The stream "nope" does not exist in http/, /Not tried/],
    ['click', /^authorisation: .* Did you mean "clicks"\?/, /Not tried/],
  ];

  test.each(looked)('the stream %s', async (stream, verdict, read) => {
    const options = { aws_region: region, aws_endpoint: kinesis.endpoint };
    const steps = await stepsOf({ kind: 'kinesis', options }, context, stream);
    expect(verdictOf(steps)).toMatch(verdict);
    expect(messageOf(steps, 'read')).toMatch(read);
  });

  test('without credentials it is told where they may come from', async () => {
    const options = { aws_region: region, aws_endpoint: kinesis.endpoint, aws_profile: 'nobody' };
    const steps = await stepsOf({ kind: 'kinesis', options }, context);
    expect(verdictOf(steps)).toMatch(/^authentication: There are no AWS credentials.*AWS_PROFILE/);
  });

  const refusals: readonly (readonly [string, string, RegExp])[] = [
    [
      'AccessDeniedException',
      'User: arn:aws:iam::1:user/u is not authorized to perform: kinesis:ListStreams',
      /^authorisation: AWS does not allow kinesis:ListStreams: User: arn.* Allow kinesis:ListSt/,
    ],
    ['ExpiredTokenException', canary, /^authorisation: .*have expired/],
    ['UnrecognizedClientException', canary, /^authorisation: AWS does not know these cred/],
    ['InvalidSignatureException', `x-amz-security-token:${canary}`, /does not know these/],
    ['KMSAccessDeniedException', 'no', /^authorisation: .*kms:Decrypt/],
  ];

  test.each(refusals)('%s is told with what to do', async (name, message, expected) => {
    const body = JSON.stringify({ __type: name, message });
    await using aws = await answering(() => ({ status: 400, body }));
    const options = { aws_region: region, aws_endpoint: aws.url, ...given };
    const steps = await stepsOf({ kind: 'kinesis', options }, context);
    expect(verdictOf(steps)).toMatch(expected);
    expect(JSON.stringify(steps)).not.toContain(canary);
  });

  const denied: readonly (readonly [action: string, stream: string | undefined, step: string])[] = [
    ['ListStreams', undefined, 'authorisation'],
    ['DescribeStreamSummary', 'clicks', 'authorisation'],
    ['DescribeStreamSummary', undefined, 'describe'],
    ['ListShards', 'clicks', 'read'],
    ['GetShardIterator', 'clicks', 'read'],
    ['GetRecords', 'clicks', 'read'],
  ];

  test.each(denied)('%s that is denied on %s is told at its step', async (action, stream, step) => {
    await using proxy = await FaultProxy.open(kinesis.endpoint);
    const name = 'AccessDeniedException';
    const said = `User: arn:aws:iam::1:user/u is not authorized to perform: kinesis:${action}`;
    proxy.fault = (call) =>
      call.action === action ? { kind: 'error', status: 400, name, text: said } : undefined;
    const { protocol, hostname, port } = await proxy.client.config.endpoint!();
    const options = { aws_region: region, aws_endpoint: `${protocol}//${hostname}:${port}` };
    const steps = await stepsOf(
      { kind: 'kinesis', options: { ...options, ...given } },
      context,
      stream,
    );
    const verdict = verdictOf(steps);
    expect(verdict).toContain(`${step}: AWS does not allow kinesis:${action}`);
    expect(verdict).toContain(`Allow kinesis:${action} to this identity`);
    if (action === 'ListStreams') expect(verdict).toContain('name the stream');
  });

  test('what is not AWS is told', async () => {
    await using page = await answering(() => ({ status: 200, body: '<html>' }));
    const options = { aws_region: region, aws_endpoint: page.url, ...given };
    const steps = await stepsOf({ kind: 'kinesis', options }, context);
    expect(verdictOf(steps)).toMatch(/^authorisation: http:.*does not answer like AWS/);
  });

  test('STS that refuses the keys is told as authentication', async () => {
    const refusal =
      '<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>';
    await using sts = await answering(() => ({ status: 403, body: refusal }));
    const options = { aws_region: region, aws_endpoint: kinesis.endpoint, ...given };
    const withSts = contextOf({ KEY: canary, AWS_ENDPOINT_URL_STS: sts.url });
    const steps = await stepsOf({ kind: 'kinesis', options }, withSts);
    expect(verdictOf(steps)).toMatch(/^authentication: AWS does not know these credentials/);
  });
});

const assumed = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>
<SecretAccessKey>x</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>
</AssumeRoleResponse>`;

type FakeAws = AsyncDisposable & { readonly url: string; readonly bodies: readonly string[] };

/** A server that answers everything in one way. */
async function answering(answer: () => { status: number; body: string }): Promise<FakeAws> {
  const bodies: string[] = [];
  const server: Server = createServer((request, response) => {
    void text(request).then((asked) => {
      bodies.push(asked);
      const { status, body } = answer();
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
