import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HeliosError } from '../../src/base/errors.ts';
import { ConditionalWrites } from '../../src/storage/s3/conditional-writes.ts';
import type { S3Storage } from '../../src/storage/s3/s3-storage.ts';
import { type MotoPeer, startMoto } from '../peers/moto.ts';
import { createBucket } from './bucket.ts';
import { anyCredentials, hastyClock, openS3 } from './open-s3.ts';
import { type S3Answer, type S3Fault, S3FaultProxy } from './s3-fault-proxy.ts';

let moto: MotoPeer | undefined;
let proxy: S3FaultProxy;
let folder: string;
let bucket: string;
let storage: S3Storage;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'helios-s3-faults-'));
  moto = await startMoto();
  bucket = await createBucket(moto?.endpoint ?? '');
});
afterAll(async () => {
  await moto?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  proxy = await S3FaultProxy.open(moto?.endpoint ?? '');
  storage = await open();
});
afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
});

async function open(options: Parameters<typeof openS3>[1] = {}): Promise<S3Storage> {
  const place = { endpoint: proxy.endpoint, bucket, prefix: `t${count++}`, folder };
  const quick = { clock: hastyClock };
  const parts = { partBytes: 5 * 1024 ** 2 };
  return await openS3(place, { ...quick, parts, ...options });
}

/** Under a store that hangs; a slow one may run into it too, and is asked again. */
async function openFor(fault: S3Fault): Promise<void> {
  if (fault.kind === 'hang') storage = await open({ idleTimeoutMs: 150 });
}

const bytes = new TextEncoder().encode('an object of a few bytes');
const error = (status: number, name?: string, text?: string): S3Fault => ({
  kind: 'error',
  status,
  ...(name === undefined ? {} : { name }),
  ...(text === undefined ? {} : { text }),
});

/** The first so many requests of an operation, or all. */
function faulty(operation: string, fault: S3Fault, times = Infinity): void {
  let done = 0;
  proxy.fault = (call) => (call.operation === operation && done++ < times ? fault : undefined);
}

describe('what passes', () => {
  const passing: readonly (readonly [string, S3Fault])[] = [
    ['500', error(500)],
    ['503 SlowDown', error(503, 'SlowDown')],
    ['429', error(429, 'TooManyRequests')],
    ['a request that took too long', error(400, 'RequestTimeout')],
    ['bytes that were damaged on the way', error(400, 'BadDigest')],
    ['a page of a proxy', error(502, 'not', 'XML')],
    ['a reset', { kind: 'reset' }],
    ['a hang', { kind: 'hang' }],
  ];
  const reading: readonly (readonly [string, S3Fault])[] = [
    ['a hang in the body', { kind: 'hang', afterBytes: 3 }],
    ['half a body with the whole length', { kind: 'half', isAnnounced: true }],
    ['half a body with its own length', { kind: 'half', isAnnounced: false }],
    ['other bytes', { kind: 'answer', change: (right) => ({ ...right, body: other(right) }) }],
  ];
  function other({ body }: S3Answer): Buffer {
    return Buffer.from(body.map((byte) => byte ^ 1));
  }

  test.each([...passing, ...reading])('when reading: %s', async (_what, fault) => {
    await openFor(fault);
    await storage.put('a', bytes);
    faulty('GetObject', fault, 2);
    expect(await storage.read('a')).toEqual(bytes);
    faulty('GetObject', fault, 2);
    const path = join(folder, 'read');
    await storage.download('a', path);
    expect(new Uint8Array(await readFile(path))).toEqual(bytes);
  });

  const writing: readonly (readonly [string, S3Fault])[] = [
    ['a conflict of two puts', error(409, 'ConditionalRequestConflict')],
    ['an answer lost after the effect', { kind: 'lost' }],
    ['a 500 after the effect', { kind: 'lost', status: 500 }],
    ['a request that a proxy sent twice', { kind: 'twice' }],
    ['an effect that comes later', { kind: 'late' }],
  ];

  test.each([...passing, ...writing])('when writing: %s', async (_what, fault) => {
    await openFor(fault);
    faulty('PutObject', fault, 1);
    expect(await storage.putIfAbsent('a', bytes)).toBe('put');
    await proxy.settle();
    expect(await storage.putIfAbsent('a', new Uint8Array(1))).toBe('exists');
    expect(await storage.read('a')).toEqual(bytes);
    const local = join(folder, 'local');
    await writeFile(local, bytes);
    faulty('PutObject', fault, 1);
    await storage.putFile('b', local);
    await proxy.settle();
    await expect(storage.putFile('b', local)).rejects.toThrow(/already there/);
  });

  test.each([...passing, ...writing.slice(1, 3)])('when deleting: %s', async (_what, fault) => {
    await openFor(fault);
    await storage.put('a', bytes);
    faulty('DeleteObject', fault, 1);
    await storage.delete('a');
    expect(await storage.stat('a')).toBeUndefined();
  });

  test.each(passing)('when listing and looking: %s', async (_what, fault) => {
    await openFor(fault);
    await storage.put('a', bytes);
    faulty('ListObjectsV2', fault, 1);
    expect(await Array.fromAsync(storage.list(''))).toMatchObject([{ path: 'a' }]);
    faulty('HeadObject', fault, 1);
    expect(await storage.stat('a')).toMatchObject({ byteLength: bytes.length });
  });

  test('another writer between two attempts is found', async () => {
    const rival = await openS3({ endpoint: moto?.endpoint ?? '', bucket, prefix: 'r', folder });
    const ours = await openS3(
      { endpoint: proxy.endpoint, bucket, prefix: 'r', folder },
      { clock: { ...hastyClock, sleep: async () => await rival.put('a', bytes) } },
    );
    faulty('PutObject', { kind: 'reset' }, 1);
    expect(await ours.putIfAbsent('a', new Uint8Array(3))).toBe('exists');
    expect(await rival.read('a')).toEqual(bytes);
  });
});

describe('what does not pass', () => {
  const refused: readonly (readonly [string, S3Fault, string, RegExp])[] = [
    ['not allowed', error(403, 'AccessDenied'), 'access_refused', /Allow s3:PutObject there/],
    [
      'a key of KMS',
      error(403, 'AccessDenied', 'no kms:GenerateDataKey on resource'),
      'access_refused',
      /Allow kms:GenerateDataKey/,
    ],
    ['unknown key', error(403, 'InvalidAccessKeyId'), 'access_refused', /Check the credentials/],
    ['wrong secret', error(403, 'SignatureDoesNotMatch'), 'access_refused', /Check the cred/],
    ['old token', error(400, 'ExpiredToken'), 'access_refused', /Check the credentials/],
    ['clock', error(403, 'RequestTimeTooSkewed'), 'access_refused', /Set this machine's clock/],
    ['archived', error(403, 'InvalidObjectState'), 'storage_failed', /restore it/],
    ['no bucket', error(404, 'NoSuchBucket'), 'unavailable', /Make the bucket/],
    ['full disks', error(507, 'XMinioStorageFull'), 'disk_full', /Make room/],
    ['a full quota', error(403, 'QuotaExceeded'), 'disk_full', /Make room/],
    [
      'another region',
      { kind: 'error', status: 301, name: 'x', headers: { 'x-amz-bucket-region': 'eu-west-1' } },
      'storage_failed',
      /storage.aws_region = 'eu-west-1'/,
    ],
    [
      'another region, in words',
      error(400, 'AuthorizationHeaderMalformed', "the region 'a' is wrong; expecting 'eu-west-2'"),
      'storage_failed',
      /storage.aws_region = 'eu-west-2'/,
    ],
    ['gone', error(400, 'KMS.NotFoundException'), 'storage_failed', /sse_kms_key_id/],
    ['503 for ever', error(503, 'SlowDown'), 'throttled', /fewer requests/],
    ['500 for ever', error(500), 'unavailable', /^$/],
    ['resets for ever', { kind: 'reset' }, 'unreachable', /Check the endpoint/],
  ];

  test.each(refused)('%s', async (_what, fault, code, hint) => {
    faulty('PutObject', fault);
    const failure = await failureOf(storage.putIfAbsent('a', bytes));
    expect(failure.code).toBe(code);
    expect(failure.hint ?? '').toMatch(hint);
    expect(failure.message).toContain(storage.location);
    proxy.fault = () => undefined;
    expect(await storage.stat('a')).toBeUndefined();
  });

  test('bytes that are damaged each time', async () => {
    await storage.put('a', bytes);
    const change = (right: S3Answer): S3Answer => ({ ...right, body: Buffer.from('x') });
    faulty('GetObject', { kind: 'answer', change });
    await expect(storage.read('a')).rejects.toThrow(/came damaged: its MD5 is/);
    await expect(storage.hold('a', bytes.length)).rejects.toThrow(/came damaged/);
  });

  test('a refusal without a body, as HEAD has it', async () => {
    faulty('HeadObject', error(403));
    expect((await failureOf(storage.stat('a'))).code).toBe('access_refused');
  });

  test('is asked no more often than the budget of retries has it', async () => {
    faulty('GetObject', error(500));
    for (let call = 0; call < 60; call++) await failureOf(storage.read('a'));
    expect(proxy.calls.length).toBeLessThan(300);
  });
});

describe('credentials', () => {
  test('that are refused are replaced once by fresh ones', async () => {
    let token = 'old';
    const asked: boolean[] = [];
    const credentials = async (options?: { readonly forceRefresh: boolean }): Promise<object> => {
      asked.push(options?.forceRefresh === true);
      if (options?.forceRefresh === true) token = 'new';
      return { ...anyCredentials, sessionToken: token };
    };
    storage = await open({ credentials: credentials as () => Promise<typeof anyCredentials> });
    proxy.fault = ({ headers, operation }) =>
      headers['x-amz-security-token'] !== 'old'
        ? undefined
        : error(400, operation === 'HeadObject' ? '' : 'ExpiredToken');
    await storage.put('a', bytes);
    expect(proxy.taken()).toEqual(['PutObject', 'PutObject']);
    token = 'old';
    expect(asked.filter((isForced) => isForced)).toHaveLength(1);
  });

  test('are not asked for again and again where there are no others', async () => {
    faulty('PutObject', error(403, 'InvalidAccessKeyId'));
    await failureOf(storage.put('a', bytes));
    await failureOf(storage.put('a', bytes));
    expect(proxy.taken()).toEqual(['PutObject', 'PutObject']);
  });

  test("a clock that is wrong is corrected by the store's", async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    proxy.fault = ({ headers }) =>
      Math.abs(signedAtMs(headers['x-amz-date']) - Date.parse(date)) < 600_000
        ? undefined
        : { kind: 'error', status: 403, name: 'RequestTimeTooSkewed', headers: { date } };
    await storage.put('a', bytes);
    expect(proxy.taken()).toEqual(['PutObject', 'PutObject']);
  });

  function signedAtMs(date: string | string[] | undefined): number {
    const digits = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(date))?.slice(1) ?? [];
    const [year = 0, month = 1, ...rest] = digits.map(Number);
    return Date.UTC(year, month - 1, ...rest);
  }
});

describe('a store that does not keep conditions', () => {
  const ignorant = (call: { headers: Record<string, unknown> }): S3Fault | undefined =>
    void delete call.headers['if-none-match'];

  test('is refused in words before the first conditional put', async () => {
    proxy.fault = ignorant;
    storage = await open({ conditions: new ConditionalWrites('checked') });
    const failure = await failureOf(storage.putIfAbsent('_delta_log/0.json', bytes));
    expect(failure.code).toBe('invalid_config');
    expect(failure.message).toMatch(/overwrote an object that it was told to leave alone/);
    expect(failure.hint).toContain("storage.conditional_writes = 'none'");
    expect(await Array.fromAsync(storage.list(''))).toEqual([]);
  });

  test('is refused, too, when it says that it knows none', async () => {
    proxy.fault = ({ headers }) =>
      headers['if-none-match'] === undefined ? undefined : error(501, 'NotImplemented');
    storage = await open({ conditions: new ConditionalWrites('checked') });
    await expect(storage.putIfAbsent('a', bytes)).rejects.toThrow(/does not know conditional/);
  });

  test('is written by one who says so, looking first', async () => {
    proxy.fault = ignorant;
    storage = await open({ conditions: new ConditionalWrites('none') });
    expect(await storage.putIfAbsent('a', bytes)).toBe('put');
    expect(await storage.putIfAbsent('a', new Uint8Array(1))).toBe('exists');
    await writeFile(join(folder, 'f'), bytes);
    await expect(storage.putFile('a', join(folder, 'f'))).rejects.toThrow(/already there/);
    expect(await storage.read('a')).toEqual(bytes);
    faulty('PutObject', { kind: 'lost' }, 1);
    expect(await storage.putIfAbsent('b', bytes)).toBe('put');
  });

  test('one that does is asked once, and not at all by who reads', async () => {
    const conditions = new ConditionalWrites('checked');
    const reader = await open({ conditions });
    await reader.stat('a');
    await Array.fromAsync(reader.list(''));
    expect(proxy.taken()).not.toContain('PutObject');
    await reader.putIfAbsent('a', bytes);
    expect(proxy.taken()).toEqual(['PutObject', 'PutObject', 'DeleteObject', 'PutObject']);
    await (await open({ conditions })).putIfAbsent('a', bytes);
    expect(proxy.taken()).toEqual(['PutObject']);
    expect(await Array.fromAsync(reader.list('_helios/'))).toEqual([]);
  });
});

describe('a file in parts', () => {
  let local: string;
  const content = Buffer.alloc(11 * 1024 ** 2, 'abc');
  beforeAll(async () => {
    local = join(folder, 'large');
    await writeFile(local, content);
  });

  test('has a failed part sent again alone', async () => {
    faulty('UploadPart', error(500), 1);
    await storage.putFile('a', local);
    expect(proxy.taken().filter((operation) => operation === 'UploadPart')).toHaveLength(4);
    expect(Buffer.from(await storage.read('a')).equals(content)).toBe(true);
  });

  test.each<[string, S3Fault]>([
    ['is lost', { kind: 'lost' }],
    ['is a 500', { kind: 'lost', status: 500 }],
    ['comes after the effect of a second one', { kind: 'twice' }],
  ])('is there though the answer to its end %s', async (_what, fault) => {
    faulty('CompleteMultipartUpload', fault, 1);
    await storage.putFile('a', local);
    expect(await storage.stat('a')).toMatchObject({ byteLength: content.length });
  });

  test.each([
    ['a part', 'UploadPart'],
    ['the end', 'CompleteMultipartUpload'],
  ])('leaves nothing in the store where %s fails for good', async (_what, operation) => {
    faulty(operation, error(403, 'AccessDenied'));
    expect((await failureOf(storage.putFile('a', local))).code).toBe('access_refused');
    expect(proxy.taken().at(-1)).toBe('AbortMultipartUpload');
    expect(await uploadsOf()).not.toContain('<UploadId>');
  });

  test('leaves nothing of itself where another object is there', async () => {
    await storage.put('a', bytes);
    await expect(storage.putFile('a', local)).rejects.toThrow(/already there/);
    expect(await uploadsOf()).not.toContain('<UploadId>');
  });

  async function uploadsOf(): Promise<string> {
    return await (await fetch(`${moto?.endpoint}/${bucket}?uploads`)).text();
  }
});

async function failureOf(promise: Promise<unknown>): Promise<HeliosError> {
  const thrown: unknown = await promise.catch((reason: unknown) => reason);
  expect(thrown).toBeInstanceOf(HeliosError);
  return thrown as HeliosError;
}
