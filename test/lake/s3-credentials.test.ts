import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Storages } from '../../src/runtime/storages.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { contextOf } from '../streams/connection-steps.ts';
import { createBucket } from './bucket.ts';
import { anyCredentials } from './open-s3.ts';
import { type S3Call, S3FaultProxy } from './s3-fault-proxy.ts';

/** The SDK reads these itself; what this machine has of them is put aside. */
const own = Object.entries(process.env).filter(([name]) => name.startsWith('AWS_'));
let moto: MotoPeer | undefined;
let proxy: S3FaultProxy;
let folder: string;
let bucket: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-s3-credentials-'));
  moto = await startMoto();
  bucket = await createBucket(moto?.endpoint ?? '');
});
afterAll(async () => {
  await moto?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  proxy = await S3FaultProxy.open(moto?.endpoint ?? '');
  setVariables({
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
  });
});
afterEach(async () => {
  setVariables(Object.fromEntries(own));
  await proxy[Symbol.asyncDispose]();
});

/** All that AWS's SDK finds in the environment. */
function setVariables(variables: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('AWS_')) delete process.env[name];
  }
  Object.assign(process.env, variables);
}

async function open(
  options: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<Storage> {
  const storages = new Storages({
    context: contextOf({ ...process.env, ...environment }),
    use: 'tables',
    uploadsDirectory: join(folder, 'uploads'),
    cacheDirectory: join(folder, 'cache'),
    cacheBytesMax: 2 ** 30,
    onWarning: () => undefined,
  });
  const place = `s3::${proxy.endpoint}/${bucket}/lake`;
  return await storages.open(place, { conditional_writes: 'none', ...options });
}

/** Who the last request said it is, and for which region. */
function signer(call: S3Call | undefined = proxy.calls.at(-1)): string {
  const [, key, region] =
    /Credential=([^/]+)\/\d+\/([^/]+)\/s3/.exec(call?.headers.authorization ?? '') ?? [];
  return `${key} in ${region}`;
}

const sts = (): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL_STS: moto?.endpoint ?? '',
});
const role = 'arn:aws:iam::123456789012:role/lake';

test('the key of the options, by references that are read anew when it is refused', async () => {
  const environment = { KEY: 'AKIAOLD', SECRET: 'secret' };
  const options = { aws_access_key_id: 'env:KEY', aws_secret_access_key: 'env:SECRET' };
  const context = contextOf(environment);
  const storages = new Storages({
    context,
    use: 'tables',
    uploadsDirectory: join(folder, 'uploads'),
    cacheDirectory: join(folder, 'cache'),
    cacheBytesMax: 0,
    onWarning: () => undefined,
  });
  const storage = await storages.open(`s3::${proxy.endpoint}/${bucket}/lake`, options);
  await storage.stat('a');
  expect(signer()).toBe('AKIAOLD in us-east-1');
  environment.KEY = 'AKIANEW';
  proxy.fault = (call) =>
    signer(call).startsWith('AKIAOLD')
      ? { kind: 'error', status: 403, name: 'InvalidAccessKeyId' }
      : undefined;
  await storage.put('a', new Uint8Array(1));
  expect(signer()).toBe('AKIANEW in us-east-1');
});

test('the chain: variables, then the profile that is named', async () => {
  await writeFile(
    join(folder, 'credentials'),
    '[lake]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = secret\n',
  );
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIACHAIN';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'secret';
  await (await open({ aws_region: 'auto' })).stat('a');
  expect(signer()).toBe('AKIACHAIN in auto');
  await (await open({ aws_profile: 'lake', aws_region: 'eu-west-1' })).stat('a');
  expect(signer()).toBe('AKIAPROFILE in eu-west-1');
});

test('an assumed role, whose session is renewed when it is over', async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'AKIACHAIN';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'secret';
  const storage = await open({ role_arn: role, external_id: 'helios' }, sts());
  await storage.put('a', new Uint8Array(1));
  const token = proxy.calls.at(-1)?.headers['x-amz-security-token'];
  expect(token).toBeTypeOf('string');
  proxy.fault = ({ headers }) =>
    headers['x-amz-security-token'] === token
      ? { kind: 'error', status: 400, name: 'ExpiredToken' }
      : undefined;
  proxy.calls.length = 0;
  await storage.put('a', new Uint8Array(2));
  expect(proxy.taken()).toEqual(['PutObject', 'PutObject']);
  expect(await storage.stat('a')).toMatchObject({ byteLength: 2 });
});

test('a web identity, as pods have it', async () => {
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'a.b.c');
  setVariables({ ...process.env, ...sts(), AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile });
  process.env['AWS_ROLE_ARN'] = role;
  await (await open({})).put('a', new Uint8Array(1));
  expect(proxy.calls.at(-1)?.headers['x-amz-security-token']).toBeTypeOf('string');
});

test.each<[string, Readonly<Record<string, string>>, string, RegExp]>([
  [
    'no profile of that name',
    { aws_profile: 'none' },
    'access_refused',
    /There are no credentials/,
  ],
  [
    'a reference that leads nowhere',
    { aws_access_key_id: 'env:NONE', aws_secret_access_key: 'env:NONE' },
    'secret_missing',
    /NONE/,
  ],
])('%s is told with its place', async (_what, options, code, text) => {
  await expect((await open(options)).stat('a')).rejects.toMatchObject({
    code,
    message: expect.stringMatching(text),
  });
  expect(proxy.calls).toEqual([]);
});

test.each<[Readonly<Record<string, string>>, object]>([
  [{ sse: 'aes256' }, { ServerSideEncryption: 'AES256' }],
  [{ sse: 'kms' }, { ServerSideEncryption: 'aws:kms' }],
  [
    { sse: 'kms', sse_kms_key_id: 'alias/lake' },
    { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/lake' },
  ],
])('objects are encrypted as the options %j say', async (options, expected) => {
  const storage = await open({ ...options, part_bytes: '5242880' });
  const local = join(folder, 'local');
  await writeFile(local, new Uint8Array(100));
  const large = join(folder, 'large');
  await writeFile(large, new Uint8Array(6 * 1024 ** 2));
  const name = JSON.stringify(options).replaceAll(/\W/g, '-');
  await storage.put(`${name}/put`, new Uint8Array(1));
  await storage.putIfAbsent(`${name}/put-if-absent`, new Uint8Array(1));
  await storage.putFile(`${name}/put-file`, local);
  await storage.putFile(`${name}/put-large`, large);
  for (const path of ['put', 'put-if-absent', 'put-file', 'put-large']) {
    expect(await headOf(`lake/${name}/${path}`)).toMatchObject(expected);
    expect((await storage.read(`${name}/${path}`)).length).toBeGreaterThan(0);
  }
});

async function headOf(key: string): Promise<object> {
  const { endpoint = '' } = moto ?? {};
  const place = { region: 'us-east-1', endpoint, forcePathStyle: true };
  const client = new S3Client({ ...place, credentials: anyCredentials });
  try {
    return await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  } finally {
    client.destroy();
  }
}
