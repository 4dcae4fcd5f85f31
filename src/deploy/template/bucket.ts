import type { DeploySettings } from '../settings/settings.ts';
import { ref, sub, type Text } from './intrinsic.ts';
import { bucketArn, tagsOf } from './names.ts';
import { policy } from './policy.ts';
import type { Resources } from './template.ts';

/**
 * The bucket that everything durable is in. It stays when the stack goes, but not when the stack
 * could not be made: CloudFormation would find its own bucket in the way the next time.
 */
export function bucketOf(settings: DeploySettings): Resources {
  if (settings.dataBucket !== undefined) return {};
  return {
    Bucket: {
      Type: 'AWS::S3::Bucket',
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BucketName: newBucketName(settings),
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
          ],
        },
        LifecycleConfiguration: { Rules: lifecycle },
        Tags: tagsOf(settings),
      },
    },
    BucketPolicy: {
      Type: 'AWS::S3::BucketPolicy',
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        Bucket: ref('Bucket'),
        PolicyDocument: policy([
          {
            Sid: 'OnlyOverTls',
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:*',
            Resource: [bucketArn(settings), bucketArn(settings, '*')],
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ]),
      },
    },
  };
}

/** Names of buckets are one space of all accounts; with account and region it is nobody else's. */
function newBucketName({ name }: Pick<DeploySettings, 'name'>): Text {
  return sub(`helios-${name}-\${AWS::AccountId}-\${AWS::Region}`);
}

const lifecycle = [
  {
    Id: 'aborted-uploads',
    Status: 'Enabled',
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
  },
  // The state and the log let go of much each day; tables can be put back for a week.
  {
    Id: 'old-versions-of-state',
    Status: 'Enabled',
    Prefix: 'state/',
    NoncurrentVersionExpiration: { NoncurrentDays: 1 },
  },
  {
    Id: 'old-versions',
    Status: 'Enabled',
    NoncurrentVersionExpiration: { NoncurrentDays: 7 },
    ExpiredObjectDeleteMarker: true,
  },
] as const;
