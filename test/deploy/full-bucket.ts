import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { Cloud } from './cloud.ts';
import type { FakeStack } from './cloudformation-stack.ts';

/** A versioned bucket with so many objects, tagged as a stack's where it is one's. */
export async function makeFullBucket(
  { s3 }: Cloud,
  { name, owner, versions }: { readonly name: string; readonly owner?: string; versions: number },
): Promise<void> {
  const place = { LocationConstraint: 'eu-central-1' } as const;
  await s3.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: place }));
  const enabled = { Status: 'Enabled' } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: enabled }));
  if (owner !== undefined) {
    const tags = { TagSet: [{ Key: 'helios:stack', Value: owner }] };
    await s3.send(new PutBucketTaggingCommand({ Bucket: name, Tagging: tags }));
  }
  for (let at = 0; at < versions; at += atOnce) {
    const puts = Array.from({ length: Math.min(atOnce, versions - at) }, async (_, index) => {
      await s3.send(new PutObjectCommand({ Bucket: name, Key: `state/${at + index}`, Body: 'x' }));
    });
    await Promise.all(puts);
  }
}

const atOnce = 20;

/** As one would by hand: each object gets a delete marker, and its versions stay. */
export async function deleteAll({ s3 }: Cloud, bucket: string): Promise<void> {
  const { Contents: objects = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  const Delete = { Objects: objects.map(({ Key }) => ({ Key })), Quiet: true };
  await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
}

export async function versionsIn({ s3 }: Cloud, bucket: string): Promise<number> {
  const page = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
  return (page.Versions ?? []).length;
}

/** A stack of which only such a bucket is left, which an older template would have deleted. */
export function halfMadeStack(cloud: Cloud, status: string, bucket: string): FakeStack {
  const stack = cloud.formation.addStack('helios-shop', status, { 'helios:stack': 'shop' });
  stack.resources.set('Bucket', {
    definition: { Type: 'AWS::S3::Bucket', DeletionPolicy: 'Delete' },
    physicalId: bucket,
    status: 'DELETE_FAILED',
    reason: 'The bucket you tried to delete is not empty',
  });
  return stack;
}
