import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';

const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };

/** A new bucket of an emulator, most of which take any credentials; gives its name. */
export async function createBucket(
  endpoint: string,
  keys: { readonly accessKeyId: string; readonly secretAccessKey: string } = credentials,
): Promise<string> {
  const bucket = `b-${randomUUID()}`;
  const place = { region: 'us-east-1', endpoint, forcePathStyle: true };
  const client = new S3Client({ ...place, credentials: keys });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return bucket;
  } finally {
    client.destroy();
  }
}

/** Names of the objects of a bucket that begin so; of not more than a thousand. */
export async function objectsIn(
  endpoint: string,
  bucket: string,
  prefix: string,
): Promise<readonly string[]> {
  const client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials });
  try {
    const found = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
    return (found.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
  } finally {
    client.destroy();
  }
}
