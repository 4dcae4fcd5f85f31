import { type DeployPolicy, machinePolicy, morePolicy } from '../../permissions/deploy-policy.ts';
import type { DeploySettings } from '../../settings/settings.ts';
import type { NeededActions } from '../account/permissions.ts';

/**
 * What the policy of docs/permissions.md allows, as questions to IAM: the same actions, on things
 * that have the names which this stack's will have. What only some need is not asked for.
 */
export function neededActions(
  { name, region, compute }: DeploySettings,
  account: string,
): readonly NeededActions[] {
  const place = { account, region };
  const policies = [machinePolicy(place), ...(compute === 'fargate' ? [morePolicy(place)] : [])];
  return policies
    .flatMap(({ Statement }) => Statement.map((it) => questionOf(it, name)))
    .filter(({ actions }) => actions.length > 0);
}

type Statement = DeployPolicy['Statement'][number];

function questionOf({ Action, Resource, Condition }: Statement, name: string): NeededActions {
  const conditions = Object.values(Condition ?? {}).flatMap((it) => Object.entries(it));
  return {
    actions: Action.filter((action) => !optional.has(action)),
    resources: [Resource].flat().flatMap((arn) => named(arn, name)),
    context: Object.fromEntries(
      conditions.map(([key, values]) => [key, [values].flat().slice(0, 1)]),
    ),
  };
}

/** A thing of that pattern, and one in it: objects of a bucket, versions of a stack. */
function named(pattern: string, name: string): readonly string[] {
  if (pattern === '*') return ['*'];
  const arn = pattern.replace(':*/', ':stack/').replaceAll('*', name);
  return /:(s3|cloudformation):/.test(arn) ? [arn, `${arn}/${name}`] : [arn];
}

/** Without these a deployment goes its way, and says what it could not do. */
const optional: ReadonlySet<string> = new Set([
  'ce:GetCostAndUsage',
  'iam:SimulatePrincipalPolicy',
  'servicequotas:GetServiceQuota',
]);
