import { HeliosError } from '../../../base/errors.ts';
import type { DeploySettings } from '../../settings/settings.ts';
import { stackName } from '../../settings/settings.ts';
import type { AwsAccount } from '../account/account.ts';
import { bucketState } from '../account/bucket.ts';
import { type Identity, identityOf } from '../account/identity.ts';
import { checkPermissions } from '../account/permissions.ts';
import { type QuotaName, reachedQuotas } from '../account/quotas.ts';
import { streamProblem } from '../account/streams.ts';
import { nextStep, type NextStep } from '../stack/next-step.ts';
import { neededActions } from './needed-actions.ts';
import { describeStack, ownerTag, type Stack } from '../stack/stack.ts';

export type Preflight = {
  readonly identity: Identity;
  readonly stack: Stack | undefined;
  readonly step: NextStep;
  /** What was looked at and found well, for people. */
  readonly found: readonly string[];
};

export type PreflightRequest = {
  readonly settings: DeploySettings;
  /** Whether IAM is asked what the identity may do. */
  readonly isSimulated: boolean;
  /** The bucket that the stack would make, in this account. */
  readonly bucketName: (accountId: string) => string;
};

/**
 * All that can be known before anything is made: who one is, what that may do, what has the names,
 * whether there is room, whether the streams are there. Changes nothing. All that is wrong is one
 * error.
 */
export async function preflight(
  account: AwsAccount,
  { settings, isSimulated, bucketName }: PreflightRequest,
): Promise<Preflight> {
  const identity = await identityOf(account);
  const found = [`You are ${identity.arn}, in account ${identity.accountId}.`];
  const stack = await describeStack(account, stackName(settings));
  const step = nextStep(stack, settings.name);
  if (step.kind === 'refuse') {
    throw new HeliosError('conflict', step.why, {
      hint: 'Choose another --name; nothing of that stack is touched.',
    });
  }
  const isNew = step.kind === 'create' || step.kind === 'delete';
  const problems = (
    await Promise.all([
      isSimulated ? permissionProblems(account, identity, { settings, found }) : [],
      streamProblems(account, settings),
      isNew ? quotaProblems(account, settings) : [],
      isNew ? bucketProblems(account, settings, bucketName(identity.accountId)) : [],
    ])
  ).flat();
  if (problems.length > 0) throw allOf(problems);
  return { identity, stack, step, found };
}

async function permissionProblems(
  account: AwsAccount,
  identity: Identity,
  { settings, found }: { readonly settings: DeploySettings; readonly found: string[] },
): Promise<readonly HeliosError[]> {
  const needed = neededActions(settings, identity.accountId);
  const check = await checkPermissions(account, identity, needed);
  switch (check.kind) {
    case 'all':
      found.push('Its policies allow all that deploying takes.');
      return [];
    case 'unknown':
      found.push(`Whether it may do all that deploying takes is not known: ${check.why}.`);
      return [];
    case 'missing':
      return [
        new HeliosError(
          'access_refused',
          `${identity.arn} lacks permissions: ${check.actions.join(', ')}.`,
          {
            hint:
              'docs/permissions.md has the whole policy to paste. IAM simulates tags and some ' +
              'conditions not at all: if you know better, --no-permission-check.',
          },
        ),
      ];
  }
}

async function streamProblems(
  account: AwsAccount,
  settings: DeploySettings,
): Promise<readonly HeliosError[]> {
  const problems = await Promise.all(
    settings.streams.map(async ({ arn }) => await streamProblem(account, arn)),
  );
  return problems.flatMap((problem) =>
    problem === undefined
      ? []
      : [
          new HeliosError('stream_missing', `The stream ${problem}`, {
            hint:
              'Was it deleted meanwhile? Take it out of streams in helios.deploy.yaml, or ' +
              'correct its ARN.',
          }),
        ],
  );
}

async function quotaProblems(
  account: AwsAccount,
  settings: DeploySettings,
): Promise<readonly HeliosError[]> {
  const names: QuotaName[] = settings.compute === 'ec2' ? ['address'] : [];
  if (settings.network === undefined) names.push('network');
  return (await reachedQuotas(account, names)).map(
    ({ what, used, allowed }) =>
      new HeliosError(
        'conflict',
        `The quota of ${what} in ${account.region} is reached: ${used} of ${allowed}.`,
        { hint: 'Free one, or ask for more: the AWS console, Service Quotas.' },
      ),
  );
}

/** One that an earlier stack of this name left is taken over later. */
async function bucketProblems(
  account: AwsAccount,
  settings: DeploySettings,
  name: string,
): Promise<readonly HeliosError[]> {
  const given = settings.dataBucket;
  const state = await bucketState(account, given ?? name);
  if (given !== undefined) return state.kind === 'ours' ? [] : [noBucket(given)];
  if (state.kind === 'free' || isLeft(state, settings)) return [];
  const isOurs = state.kind === 'ours';
  const whose = isOurs ? ', in this account, and not a Helios of this name' : ", somebody else's";
  return [
    new HeliosError('already_exists', `The bucket ${name} is there already${whose}.`, {
      hint: 'Choose another --name, or give one of yours as bucket in helios.deploy.yaml.',
    }),
  ];
}

function noBucket(name: string): HeliosError {
  return new HeliosError('not_found', `The bucket ${name} is not one that you may use.`, {
    hint: 'Check bucket in helios.deploy.yaml, and the account.',
  });
}

/** Whether a bucket was left by an earlier stack of the same name. */
export function isLeft(
  state: Awaited<ReturnType<typeof bucketState>>,
  { name }: DeploySettings,
): boolean {
  return state.kind === 'ours' && state.tags[ownerTag] === name;
}

function allOf(problems: readonly HeliosError[]): HeliosError {
  const [first] = problems;
  if (first === undefined || problems.length === 1) {
    return first ?? new HeliosError('internal', 'No problem was given.');
  }
  const lines = problems.map(
    ({ message, hint }) => `  - ${message}${hint === undefined ? '' : ` ${hint}`}`,
  );
  return new HeliosError(
    first.code,
    `Nothing was made, for ${problems.length} reasons:\n${lines.join('\n')}`,
    { hint: 'Mend these, then run this again.' },
  );
}
