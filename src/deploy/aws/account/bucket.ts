import { createReadStream } from 'node:fs';
import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ObjectIdentifier,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { HeliosError } from '../../../base/errors.ts';
import type { Person } from '../person.ts';
import type { AwsAccount } from './account.ts';

/** What has a bucket's name. */
export type BucketState =
  | { readonly kind: 'free' }
  /** In this account; with its tags, as far as they may be read. */
  | { readonly kind: 'ours'; readonly tags: Readonly<Record<string, string>> }
  /** Somebody else's, or one that these credentials may not see. */
  | { readonly kind: 'taken' };

export async function bucketState(account: AwsAccount, name: string): Promise<BucketState> {
  const client = await account.s3();
  try {
    await client.send(new HeadBucketCommand({ Bucket: name }));
  } catch (thrown) {
    const status = statusOf(thrown);
    if (status === 404) return { kind: 'free' };
    if (status === 403 || status === 301 || status === 400) return { kind: 'taken' };
    // Anything else is about the way to S3, and said in words by the same request.
    await account.tried({ action: 's3:ListBucket', resource: name }, async () => {
      await client.send(new HeadBucketCommand({ Bucket: name }));
    });
  }
  return { kind: 'ours', tags: await tagsOf(account, name) };
}

/** Puts a file under a key unless it is there already; its SHA-256 is checked by S3. */
export async function uploadFile(
  account: AwsAccount,
  target: { readonly bucket: string; readonly key: string },
  file: { readonly path: string; readonly sha256: string; readonly bytes: number },
): Promise<'uploaded' | 'there'> {
  const client = await account.s3();
  const { bucket, key } = target;
  const tried = { action: 's3:PutObject', resource: `${bucket}/${key}` };
  return await account.tried(tried, async () => {
    if ((await lengthOf(account, bucket, key)) === file.bytes) return 'there';
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: createReadStream(file.path),
        ContentLength: file.bytes,
        ChecksumSHA256: Buffer.from(file.sha256, 'hex').toString('base64'),
      }),
    );
    return 'uploaded';
  });
}

export type ListedObject = {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAtMs: number;
};

/** Objects below a prefix, all of them: for prefixes with few. */
export async function listObjects(
  account: AwsAccount,
  bucket: string,
  prefix: string,
): Promise<readonly ListedObject[]> {
  const client = await account.s3();
  const found: ListedObject[] = [];
  let token: string | undefined;
  do {
    const page = await account.tried({ action: 's3:ListBucket', resource: bucket }, async () => {
      const from = token === undefined ? {} : { ContinuationToken: token };
      return await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...from }),
      );
    });
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      found.push({ key: Key ?? '', bytes: Size ?? 0, modifiedAtMs: LastModified?.getTime() ?? 0 });
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return found;
}

/** S3 takes no more in one request. */
const batchMax = 1_000;

/**
 * Deletes every version, delete marker and unfinished upload, in batches, and gives their number.
 * Goes on where an earlier run was interrupted.
 */
export async function emptyBucket(
  account: AwsAccount,
  bucket: string,
  { person, signal }: { readonly person: Person; readonly signal: AbortSignal },
): Promise<number> {
  const client = await account.s3();
  let count = 0;
  for (;;) {
    signal.throwIfAborted();
    // From the beginning each time: what was listed is gone.
    const page = await account.tried(
      { action: 's3:ListBucketVersions', resource: bucket },
      async () =>
        await client.send(new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: batchMax })),
    );
    const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
    if (found.length === 0) break;
    const objects = found.map(({ Key, VersionId }) => ({ Key: Key ?? '', VersionId }));
    await deleteBatch(account, bucket, objects);
    count += objects.length;
    person.status(`${count} objects and versions of ${bucket} deleted`);
  }
  person.status('');
  return count + (await abortUploads(account, bucket));
}

export async function deleteBucket(account: AwsAccount, bucket: string): Promise<void> {
  const client = await account.s3();
  await account.tried({ action: 's3:DeleteBucket', resource: bucket }, async () => {
    try {
      await client.send(new DeleteBucketCommand({ Bucket: bucket }));
    } catch (thrown) {
      if (statusOf(thrown) !== 404) throw thrown;
    }
  });
}

async function deleteBatch(
  account: AwsAccount,
  bucket: string,
  objects: readonly ObjectIdentifier[],
): Promise<void> {
  const client = await account.s3();
  const tried = { action: 's3:DeleteObjectVersion', resource: bucket };
  const { Errors: errors = [] } = await account.tried(tried, async () => {
    const batch = { Objects: [...objects], Quiet: true };
    return await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: batch }));
  });
  const [first] = errors;
  if (first === undefined) return;
  throw new HeliosError(
    'access_refused',
    `${errors.length} objects of ${bucket} can't be deleted; ${first.Key}: ${first.Message}.`,
    { hint: 'Allow s3:DeleteObjectVersion; an object lock or a hold also keeps them.' },
  );
}

async function abortUploads(account: AwsAccount, bucket: string): Promise<number> {
  const client = await account.s3();
  const tried = { action: 's3:ListBucketMultipartUploads', resource: bucket };
  const { Uploads: uploads = [] } = await account.tried(
    tried,
    async () => await client.send(new ListMultipartUploadsCommand({ Bucket: bucket })),
  );
  for (const { Key, UploadId } of uploads) {
    const upload = { Bucket: bucket, Key, UploadId };
    await account.tried({ action: 's3:AbortMultipartUpload', resource: bucket }, async () => {
      await client.send(new AbortMultipartUploadCommand(upload));
    });
  }
  return uploads.length;
}

async function lengthOf(
  account: AwsAccount,
  bucket: string,
  key: string,
): Promise<number | undefined> {
  const client = await account.s3();
  try {
    return (await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))).ContentLength;
  } catch (thrown) {
    if (statusOf(thrown) === 404) return undefined;
    throw thrown;
  }
}

async function tagsOf(
  account: AwsAccount,
  bucket: string,
): Promise<Readonly<Record<string, string>>> {
  const client = await account.s3();
  try {
    const { TagSet: tags } = await client.send(new GetBucketTaggingCommand({ Bucket: bucket }));
    return Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
  } catch (thrown) {
    // A bucket without tags answers 404; one whose tags may not be read has none for us.
    const status = statusOf(thrown);
    if (status === 404 || status === 403) return {};
    throw thrown;
  }
}

function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('$metadata' in thrown)) return undefined;
  const metadata = thrown.$metadata;
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const status: unknown = Reflect.get(metadata, 'httpStatusCode');
  return typeof status === 'number' ? status : undefined;
}
