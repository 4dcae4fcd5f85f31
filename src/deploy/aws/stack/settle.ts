import { ContinueUpdateRollbackCommand, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { HeliosError } from '../../../base/errors.ts';
import type { AwsAccount } from '../account/account.ts';
import { emptyBucket } from '../account/bucket.ts';
import type { Person } from '../person.ts';
import { nextStep } from './next-step.ts';
import { endingFailure, type Ending, followStack } from './progress.ts';
import { describeStack, isThere, resourcesOf, type Stack, type StackResource } from './stack.ts';
import { newestEvent } from './watch.ts';

/** What becomes of a bucket that stands in the way and holds data; `empty` was agreed to. */
type BucketChoice = 'ask' | 'keep' | 'empty';

export type SettleRequest = {
  readonly stackName: string;
  /** The name in the settings, as the stack's tag has it. */
  readonly owner: string;
  readonly bucket: BucketChoice;
  readonly person: Person;
  readonly signal: AbortSignal;
};

/** Operations that one run follows before it gives up on a stack that comes to no rest. */
const operationsMax = 8;

/**
 * Brings a stack, whatever an earlier run left of it, to where it can be created (undefined) or
 * updated: waits for what goes on, deletes what was never whole, goes on with rollbacks.
 * `conflict` for a stack that is somebody else's.
 */
export async function settleStack(
  account: AwsAccount,
  request: SettleRequest,
): Promise<Stack | undefined> {
  const { stackName, owner, person } = request;
  for (let count = 0; count < operationsMax; count++) {
    const stack = await describeStack(account, stackName);
    const step = nextStep(stack, owner);
    if (stack === undefined || step.kind === 'create') return undefined;
    switch (step.kind) {
      case 'update':
        return stack;
      case 'wait':
        person.say(`CloudFormation is at work on ${stackName} (${stack.status}): waiting for it.`);
        await followStack(account, { stackId: stack.id, after: undefined, ...request });
        break;
      case 'delete':
        person.say(`${step.why} What is left of it is deleted first (${stack.status}).`);
        await deleteWhole(account, stack, request);
        break;
      case 'continue-rollback':
        await continueRollback(account, stack, request);
        break;
      case 'refuse':
        throw new HeliosError('conflict', step.why, {
          hint: 'Choose another --name; nothing of that stack is touched.',
          details: { stack_status: stack.status },
        });
    }
  }
  throw new HeliosError('conflict', `The stack ${stackName} comes to no rest.`, {
    hint: 'Look at its events in the AWS console, CloudFormation.',
  });
}

/**
 * Deletes a stack, with what the person wants of a full bucket that stands in the way. What was
 * deleted of it before is no failure.
 */
export async function deleteWhole(
  account: AwsAccount,
  stack: Stack,
  request: SettleRequest,
): Promise<void> {
  const first = await deleteOnce(account, stack, [], request);
  if (first.status !== 'DELETE_FAILED') return;
  const left = await resourcesOf(account, stack.id);
  const stuck = left.filter((it) => it.status === 'DELETE_FAILED');
  const buckets = stuck.filter(({ type }) => type === 'AWS::S3::Bucket');
  const others = stuck.filter(({ type }) => type !== 'AWS::S3::Bucket');
  if (others.length > 0 || buckets.length === 0) {
    throw endingFailure(`${stack.name} could not be deleted`, first);
  }
  const kept = await clearBuckets(account, buckets, request);
  const second = await deleteOnce(account, stack, kept, request);
  if (second.status === 'DELETE_FAILED') {
    throw endingFailure(`${stack.name} could not be deleted`, second);
  }
}

/** Gives those that are kept, by their logical names. */
async function clearBuckets(
  account: AwsAccount,
  buckets: readonly StackResource[],
  { bucket: choice, person, signal }: SettleRequest,
): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const { logicalId, physicalId } of buckets) {
    const name = physicalId ?? '';
    const chosen = choice === 'ask' ? await askAboutBucket(person, name) : choice;
    if (chosen === 'keep') kept.push(logicalId);
    else {
      if (choice === 'ask') await person.confirmByTyping(`All data in ${name} is deleted.`, name);
      const count = await emptyBucket(account, name, { person, signal });
      person.say(`Deleted ${count} objects and versions of ${name}.`);
    }
  }
  return kept;
}

async function askAboutBucket(person: Person, name: string): Promise<string> {
  return await person.choose(`The bucket ${name} holds data, so it was not deleted.`, [
    { value: 'keep', label: 'keep it; the new stack goes on with it', flag: '--keep-bucket' },
    { value: 'empty', label: 'delete all that is in it', flag: `--empty-bucket ${name}` },
  ]);
}

async function deleteOnce(
  account: AwsAccount,
  stack: Stack,
  kept: readonly string[],
  { person, signal }: SettleRequest,
): Promise<Ending> {
  const client = await account.cloudFormation();
  const after = await newestEvent(account, stack.id);
  const tried = { action: 'cloudformation:DeleteStack', resource: stack.name };
  await account.tried(tried, async () => {
    const retained = kept.length === 0 ? {} : { RetainResources: [...kept] };
    await client.send(new DeleteStackCommand({ StackName: stack.id, ...retained }));
  });
  return await followStack(account, { stackId: stack.id, after, person, signal });
}

/**
 * First with all resources; where that fails again, without those that can't go back, if the
 * person says so: they stay as they are, and the next update sets them right.
 */
async function continueRollback(
  account: AwsAccount,
  stack: Stack,
  request: SettleRequest,
): Promise<void> {
  const { person } = request;
  person.say('An earlier update failed, and so did its undoing: undoing it again.');
  const first = await rollBackOnce(account, stack, [], request);
  if (first.status !== 'UPDATE_ROLLBACK_FAILED') return;
  const resources = await resourcesOf(account, stack.id);
  const stuck = resources.filter((it) => isThere(it) && it.status === 'UPDATE_FAILED');
  if (stuck.length === 0) throw endingFailure(`${stack.name} could not go back`, first);
  const names = stuck.map(({ logicalId }) => logicalId);
  const why = endingFailure(`${stack.name} could not go back`, first);
  person.say(why.message);
  if (why.hint !== undefined) person.say(why.hint);
  await person.confirm(`Leave ${names.join(', ')} as they are, and go on with the rest?`);
  const second = await rollBackOnce(account, stack, names, request);
  if (second.status === 'UPDATE_ROLLBACK_FAILED') {
    throw endingFailure(`${stack.name} could not go back`, second);
  }
}

async function rollBackOnce(
  account: AwsAccount,
  stack: Stack,
  skipped: readonly string[],
  { person, signal }: SettleRequest,
): Promise<Ending> {
  const client = await account.cloudFormation();
  const after = await newestEvent(account, stack.id);
  const tried = { action: 'cloudformation:ContinueUpdateRollback', resource: stack.name };
  await account.tried(tried, async () => {
    const skip = skipped.length === 0 ? {} : { ResourcesToSkip: [...skipped] };
    await client.send(new ContinueUpdateRollbackCommand({ StackName: stack.id, ...skip }));
  });
  return await followStack(account, { stackId: stack.id, after, person, signal });
}
