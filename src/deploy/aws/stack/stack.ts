import { DescribeStacksCommand, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { HeliosError } from '../../../base/errors.ts';
import type { AwsAccount } from '../account/account.ts';

/** A stack of CloudFormation as it is now. */
export type Stack = {
  /** Its ARN: names it also once it is deleted. */
  readonly id: string;
  readonly name: string;
  /** AWS's own word, such as `UPDATE_ROLLBACK_FAILED`. */
  readonly status: string;
  readonly reason: string | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
};

export type StackResource = {
  readonly logicalId: string;
  readonly type: string;
  /** AWS's name of the real object; undefined before it is made. */
  readonly physicalId: string | undefined;
  readonly status: string;
  readonly reason: string | undefined;
};

/** The tag that marks what belongs to a stack of Helios; its value is the name of the settings. */
export const ownerTag = 'helios:stack';

/** By its name, or its id where it may be deleted. Undefined: there is none. */
export async function describeStack(
  account: AwsAccount,
  nameOrId: string,
): Promise<Stack | undefined> {
  const client = await account.cloudFormation();
  try {
    const { Stacks: stacks } = await account.tried(
      { action: 'cloudformation:DescribeStacks', resource: nameOrId },
      async () => await client.send(new DescribeStacksCommand({ StackName: nameOrId })),
    );
    const [found] = stacks ?? [];
    if (found === undefined) return undefined;
    return {
      id: found.StackId ?? nameOrId,
      name: found.StackName ?? nameOrId,
      status: found.StackStatus ?? 'UNKNOWN',
      reason: found.StackStatusReason,
      outputs: recordOf(found.Outputs ?? [], (it) => [it.OutputKey, it.OutputValue]),
      parameters: recordOf(found.Parameters ?? [], (it) => [it.ParameterKey, it.ParameterValue]),
      tags: recordOf(found.Tags ?? [], (it) => [it.Key, it.Value]),
    };
  } catch (thrown) {
    // AWS has no other name for it than that the request is not valid.
    if (thrown instanceof HeliosError && /does not exist/.test(thrown.message)) return undefined;
    throw thrown;
  }
}

/** What the stack holds, also what failed or was deleted already. */
export async function resourcesOf(
  account: AwsAccount,
  nameOrId: string,
): Promise<readonly StackResource[]> {
  const client = await account.cloudFormation();
  const found: StackResource[] = [];
  let token: string | undefined;
  do {
    const page = await account.tried(
      { action: 'cloudformation:ListStackResources', resource: nameOrId },
      async () =>
        await client.send(new ListStackResourcesCommand({ StackName: nameOrId, NextToken: token })),
    );
    for (const it of page.StackResourceSummaries ?? []) {
      found.push({
        logicalId: it.LogicalResourceId ?? '',
        type: it.ResourceType ?? '',
        physicalId: it.PhysicalResourceId === '' ? undefined : it.PhysicalResourceId,
        status: it.ResourceStatus ?? 'UNKNOWN',
        reason: it.ResourceStatusReason,
      });
    }
    token = page.NextToken;
  } while (token !== undefined);
  return found;
}

/** Whether it still stands. */
export function isThere({ status }: StackResource): boolean {
  return status !== 'DELETE_COMPLETE' && status !== 'DELETE_SKIPPED';
}

function recordOf<T>(
  items: readonly T[],
  entryOf: (item: T) => readonly [string | undefined, string | undefined],
): Readonly<Record<string, string>> {
  const entries = items.map((item) => entryOf(item));
  return Object.fromEntries(entries.map(([key, value]) => [key ?? '', value ?? '']));
}
