import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';

const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };

/** A new bucket of an emulator, which takes any credentials; gives its name. */
export async function createBucket(endpoint: string): Promise<string> {
  const bucket = `b-${randomUUID()}`;
  const client = new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return bucket;
  } finally {
    client.destroy();
  }
}
