import { HeliosError } from '../../../base/errors.ts';
import { type DeploySettings, parameterPath, stackName } from '../../settings/settings.ts';
import type { AwsAccount } from '../account/account.ts';
import { bucketState, deleteBucket, emptyBucket } from '../account/bucket.ts';
import { identityOf } from '../account/identity.ts';
import { deleteSecrets } from '../account/parameters.ts';
import type { Person } from '../person.ts';
import { leftovers } from '../stack/inventory.ts';
import { resourceInWords } from '../stack/resource-words.ts';
import { deleteWhole, settleStack } from '../stack/settle.ts';
import { describeStack, isThere, ownerTag, resourcesOf, type Stack } from '../stack/stack.ts';
import { bucketNameOf } from './blueprint.ts';

export type DestroyRequest = {
  readonly settings: DeploySettings;
  /** The data too, which can't be undone. */
  readonly isDataDeleted: boolean;
  readonly person: Person;
  readonly signal: AbortSignal;
};

export type Destroyed = {
  /** The bucket that stays; undefined where there is none any more. */
  readonly keptBucket: string | undefined;
  /** ARNs that carry the tag and should not be there any more. */
  readonly left: readonly string[];
};

/**
 * Takes everything away but the data, or the data too, and proves it by an inventory of what is
 * tagged. A run that was interrupted is gone on with by the next, also when the stack is gone and
 * the bucket half empty.
 */
export async function destroyStack(
  account: AwsAccount,
  request: DestroyRequest,
): Promise<Destroyed> {
  const { settings, person, isDataDeleted, signal } = request;
  const { accountId } = await identityOf(account);
  const stack = await describeStack(account, stackName(settings));
  if (stack !== undefined) checkOwner(stack, settings);
  const bucket = await bucketOf(account, settings, { stack, accountId });
  if (stack === undefined && bucket === undefined) {
    person.say(
      `There is no stack ${stackName(settings)} in ${account.region}, and no bucket of it.`,
    );
  } else {
    await tell(account, request, { stack, bucket });
    await confirmed(request, bucket);
  }
  if (stack !== undefined) await deleteStack(account, request, stack);
  await deleteSecrets(account, [
    parameterPath(settings, 'admin-token'),
    parameterPath(settings, 'origin-secret'),
  ]);
  if (isDataDeleted && bucket !== undefined) await deleteData(account, request, bucket);
  const keptBucket = isDataDeleted ? undefined : bucket;
  const isKept = (arn: string): boolean => arn.endsWith(`:s3:::${keptBucket}`);
  person.status('asking AWS what still carries the tag');
  const { arns, isWorldAsked } = await leftovers(account, settings.name, { isKept, signal });
  person.status('');
  if (!isWorldAsked) {
    person.say('What is of no region (CloudFront, IAM) could not be looked for: tag:GetResources');
    person.say('is not allowed in us-east-1. CloudFormation says that it has deleted its own.');
  }
  return { keptBucket, left: arns };
}

function checkOwner(stack: Stack, settings: DeploySettings): void {
  if (stack.tags[ownerTag] === settings.name || stack.status === 'REVIEW_IN_PROGRESS') return;
  throw new HeliosError(
    'conflict',
    `The stack ${stack.name} is not this Helios: nothing of it is touched.`,
    { hint: 'Check name and region in helios.deploy.yaml.' },
  );
}

type Found = { readonly stack: Stack | undefined; readonly bucket: string | undefined };

/** The stack's own, or one that an earlier stack of this name left. */
async function bucketOf(
  account: AwsAccount,
  settings: DeploySettings,
  { stack, accountId }: { readonly stack: Stack | undefined; readonly accountId: string },
): Promise<string | undefined> {
  const name = settings.dataBucket ?? stack?.outputs['Bucket'] ?? bucketNameOf(settings, accountId);
  const state = await bucketState(account, name);
  if (state.kind !== 'ours') return undefined;
  // A bucket that somebody gave may carry no tag: the settings say that it is of this Helios.
  const isOurs = state.tags[ownerTag] === settings.name || settings.dataBucket === name;
  return isOurs || stack?.outputs['Bucket'] === name ? name : undefined;
}

/** Lists what goes, and what stays with its price. */
async function tell(
  account: AwsAccount,
  { settings, person, isDataDeleted }: DestroyRequest,
  { stack, bucket }: Found,
): Promise<void> {
  const resources = stack === undefined ? [] : await resourcesOf(account, stack.id);
  const isBucket = (type: string) => type === 'AWS::S3::Bucket' || type === 'AWS::S3::BucketPolicy';
  const going = resources.filter((it) => isThere(it) && !isBucket(it.type));
  person.say('Goes:');
  for (const resource of going) person.say(`  - ${resourceInWords(resource)}`);
  person.say(`  - secrets below ${parameterPath(settings, 'admin-token').replace(/\/[^/]+$/, '')}`);
  if (isDataDeleted && bucket !== undefined) {
    person.say(`  - the bucket ${bucket} with ALL DATA in it, every version, for good`);
  }
  if (!isDataDeleted && bucket !== undefined) {
    person.say('Stays:');
    person.say(`  + the bucket ${bucket} with all tables and the state, $0.023 a GB a month`);
    person.say('    (helios deploy goes on with it; helios destroy --delete-data deletes it)');
  }
}

async function confirmed(
  { person, isDataDeleted, settings }: DestroyRequest,
  bucket: string | undefined,
): Promise<void> {
  if (isDataDeleted && bucket !== undefined) {
    await person.confirmByTyping(`This deletes all data of ${settings.name} for good.`, bucket);
  } else await person.confirm(`Take ${stackName(settings)} away?`);
}

/** What goes on is waited for first; what failed before is deleted as it is. */
async function deleteStack(
  account: AwsAccount,
  { settings, person, isDataDeleted, signal }: DestroyRequest,
  stack: Stack,
): Promise<void> {
  const request = {
    stackName: stack.name,
    owner: settings.name,
    bucket: isDataDeleted ? 'empty' : 'keep',
    person,
    signal,
  } as const;
  const isBusy = stack.status.endsWith('_IN_PROGRESS') && stack.status !== 'REVIEW_IN_PROGRESS';
  if (isBusy) await settleStack(account, request);
  const now = await describeStack(account, stack.name);
  if (now !== undefined) await deleteWhole(account, now, request);
}

async function deleteData(
  account: AwsAccount,
  { person, signal }: DestroyRequest,
  bucket: string,
): Promise<void> {
  if ((await bucketState(account, bucket)).kind !== 'ours') return;
  const count = await emptyBucket(account, bucket, { person, signal });
  await deleteBucket(account, bucket);
  person.say(`Deleted the bucket ${bucket} with ${count} objects and versions.`);
}
