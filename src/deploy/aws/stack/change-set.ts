import {
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  type DescribeChangeSetCommandOutput,
  ExecuteChangeSetCommand,
  type Parameter,
} from '@aws-sdk/client-cloudformation';
import { backoffMs, type BackoffPolicy } from '../../../base/backoff.ts';
import { HeliosError } from '../../../base/errors.ts';
import { templateBytesMax } from '../../template/stack.ts';
import type { AwsAccount } from '../account/account.ts';

export type ChangeSetRequest = {
  readonly stackName: string;
  /** `CREATE` where there is no stack, or only a shell of one. */
  readonly type: 'CREATE' | 'UPDATE';
  /** Its text; `previous`: the one that the stack has. */
  readonly template: string;
  /** Undefined leaves a parameter as it is. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

export type Change = {
  readonly action: 'add' | 'change' | 'replace' | 'maybe-replace' | 'delete';
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string | undefined;
  /** Properties that change, such as `UserData`. */
  readonly properties: readonly string[];
};

export type ChangeSet = {
  /** Its ARN. */
  readonly id: string;
  readonly stackName: string;
  readonly stackId: string;
  /** None: the stack is as it should be, and the change set is gone. */
  readonly changes: readonly Change[];
};

/** Has CloudFormation compare, and waits for what it found. Nothing changes by that. */
export async function createChangeSet(
  account: AwsAccount,
  request: ChangeSetRequest,
): Promise<ChangeSet> {
  checkSize(request.template);
  const client = await account.cloudFormation();
  const { clock } = account.context;
  const name = `helios-${clock.nowMs().toString(36)}`;
  const tried = { action: 'cloudformation:CreateChangeSet', resource: request.stackName };
  const made = await account.tried(tried, async () => {
    return await client.send(
      new CreateChangeSetCommand({
        StackName: request.stackName,
        ChangeSetName: name,
        ClientToken: name,
        ChangeSetType: request.type,
        ...(request.template === 'previous'
          ? { UsePreviousTemplate: true }
          : { TemplateBody: request.template }),
        Capabilities: ['CAPABILITY_NAMED_IAM'],
        Parameters: parametersOf(request.parameters),
        Tags: Object.entries(request.tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    );
  });
  const id = made.Id ?? name;
  const found = await described(account, { id, ...request });
  const stackId = made.StackId ?? found.stackId;
  return { id, stackName: request.stackName, stackId, changes: found.changes };
}

/** Lets CloudFormation begin. The same change set again is the same execution. */
export async function executeChangeSet(account: AwsAccount, changeSet: ChangeSet): Promise<void> {
  const client = await account.cloudFormation();
  const { id, stackName } = changeSet;
  const tried = { action: 'cloudformation:ExecuteChangeSet', resource: stackName };
  await account.tried(tried, async () => {
    const token = id.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(-100);
    await client.send(
      new ExecuteChangeSetCommand({
        ChangeSetName: id,
        StackName: stackName,
        ClientRequestToken: `run${token}`,
      }),
    );
  });
}

/** Takes back the stack without resources that a first change set makes. */
export async function deleteShell(account: AwsAccount, stackId: string): Promise<void> {
  const client = await account.cloudFormation();
  const tried = { action: 'cloudformation:DeleteStack', resource: stackId };
  await account.tried(tried, async () => {
    await client.send(new DeleteStackCommand({ StackName: stackId }));
  });
}

/** Takes back a change set that nobody wants. */
export async function deleteChangeSet(account: AwsAccount, changeSet: ChangeSet): Promise<void> {
  const client = await account.cloudFormation();
  const { id, stackName } = changeSet;
  const tried = { action: 'cloudformation:DeleteChangeSet', resource: stackName };
  await account.tried(tried, async () => {
    await client.send(new DeleteChangeSetCommand({ ChangeSetName: id, StackName: stackName }));
  });
}

type Described = { readonly stackId: string; readonly changes: readonly Change[] };

async function described(
  account: AwsAccount,
  { id, stackName, signal }: ChangeSetRequest & { readonly id: string },
): Promise<Described> {
  const { clock, random } = account.context;
  for (let look = 1; look <= looks.attemptsMax; look++) {
    const page = await pageOf(account, { id, stackName });
    const status = page.Status ?? '';
    if (status === 'CREATE_COMPLETE') return await allPages(account, { id, stackName }, page);
    if (status === 'FAILED') return await failed(account, { id, stackName }, page);
    await clock.sleep(backoffMs(looks, look, random), signal);
  }
  throw new HeliosError('timeout', `CloudFormation still plans the changes of ${stackName}.`, {
    hint: 'Run this again.',
  });
}

const looks: BackoffPolicy = { firstMs: 300, maxMs: 5_000, attemptsMax: 60 };

type Named = { readonly id: string; readonly stackName: string };

async function pageOf(
  account: AwsAccount,
  { id, stackName }: Named,
  token?: string,
): Promise<DescribeChangeSetCommandOutput> {
  const client = await account.cloudFormation();
  const tried = { action: 'cloudformation:DescribeChangeSet', resource: stackName };
  return await account.tried(tried, async () => {
    const input = { ChangeSetName: id, StackName: stackName };
    const page = token === undefined ? {} : { NextToken: token };
    return await client.send(new DescribeChangeSetCommand({ ...input, ...page }));
  });
}

async function allPages(
  account: AwsAccount,
  named: Named,
  first: DescribeChangeSetCommandOutput,
): Promise<Described> {
  const changes = [...changesOf(first)];
  let token = first.NextToken;
  while (token !== undefined) {
    const page = await pageOf(account, named, token);
    changes.push(...changesOf(page));
    token = page.NextToken;
  }
  return { stackId: first.StackId ?? '', changes };
}

/** CloudFormation calls it a failure when nothing would change. */
async function failed(
  account: AwsAccount,
  { id, stackName }: Named,
  page: DescribeChangeSetCommandOutput,
): Promise<Described> {
  const reason = page.StatusReason ?? 'AWS gave no reason';
  const stackId = page.StackId ?? '';
  await deleteChangeSet(account, { id, stackName, stackId, changes: [] });
  if (/didn't contain changes|No updates are to be performed/i.test(reason)) {
    return { stackId, changes: [] };
  }
  throw new HeliosError('conflict', `CloudFormation refuses the plan of ${stackName}: ${reason}`, {
    hint: 'If helios.deploy.yaml does not explain it, this is a fault of Helios: please report it.',
  });
}

function changesOf(page: DescribeChangeSetCommandOutput): readonly Change[] {
  return (page.Changes ?? []).flatMap(({ ResourceChange: change }) => {
    if (change === undefined) return [];
    const names = (change.Details ?? []).flatMap(({ Target: target }) => target?.Name ?? []);
    return [
      {
        action: actionOf(change.Action, change.Replacement),
        logicalId: change.LogicalResourceId ?? '',
        type: change.ResourceType ?? '',
        physicalId: change.PhysicalResourceId,
        properties: [...new Set(names)],
      },
    ];
  });
}

function actionOf(action: string | undefined, replacement: string | undefined): Change['action'] {
  if (action === 'Add' || action === 'Import') return 'add';
  if (action === 'Remove') return 'delete';
  if (replacement === 'True') return 'replace';
  return replacement === 'Conditional' || action === 'Dynamic' ? 'maybe-replace' : 'change';
}

function parametersOf(parameters: ChangeSetRequest['parameters']): Parameter[] {
  return Object.entries(parameters).map(([key, value]) =>
    value === undefined
      ? { ParameterKey: key, UsePreviousValue: true }
      : { ParameterKey: key, ParameterValue: value },
  );
}

function checkSize(text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= templateBytesMax) return;
  throw new HeliosError(
    'too_large',
    `The template has ${bytes} bytes; CloudFormation takes ${templateBytesMax} at most.`,
    { hint: 'Read fewer streams with one Helios, or deploy two of them.' },
  );
}
