import { GetRoleCommand, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { HeliosError } from '../../../base/errors.ts';
import type { AwsAccount } from './account.ts';
import { type Identity, simulatedOf } from './identity.ts';

export type PermissionCheck =
  | { readonly kind: 'all' }
  | { readonly kind: 'missing'; readonly actions: readonly string[] }
  /** Nobody can say: why not. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Actions that are needed on some resources, of which one is enough. */
export type NeededActions = {
  readonly actions: readonly string[];
  /** ARNs as they will be; `*` where there is none yet. */
  readonly resources: readonly string[];
  /** What requests will say besides, such as `iam:PassedToService`. */
  readonly context: Readonly<Record<string, readonly string[]>>;
};

/**
 * Has IAM say which of these actions the identity lacks, before anything is made. That needs
 * iam:SimulatePrincipalPolicy itself; without it nothing is known, and that is no failure.
 */
export async function checkPermissions(
  account: AwsAccount,
  identity: Identity,
  needed: readonly NeededActions[],
): Promise<PermissionCheck> {
  try {
    const arn = await principalOf(account, identity);
    if (arn === undefined) return { kind: 'unknown', why: 'this identity can not be simulated' };
    const missing: string[] = [];
    for (const some of needed) missing.push(...(await denied(account, arn, some)));
    const all = [...new Set(missing)].toSorted();
    return all.length === 0 ? { kind: 'all' } : { kind: 'missing', actions: all };
  } catch (thrown) {
    if (!(thrown instanceof HeliosError) || thrown.code === 'cancelled') throw thrown;
    const action: unknown = thrown.details?.['iam_action'];
    const isDenied = thrown.code === 'access_refused' && typeof action === 'string';
    const why = isDenied ? `${action} is not allowed` : 'IAM does not simulate here';
    return { kind: 'unknown', why };
  }
}

async function principalOf(account: AwsAccount, identity: Identity): Promise<string | undefined> {
  const simulated = simulatedOf(identity.arn);
  switch (simulated.kind) {
    case 'arn':
      return simulated.arn;
    case 'none':
      return undefined;
    case 'role': {
      const client = await account.iam();
      const tried = { action: 'iam:GetRole', resource: simulated.role };
      const { Role: role } = await account.tried(
        tried,
        async () => await client.send(new GetRoleCommand({ RoleName: simulated.role })),
      );
      return role?.Arn;
    }
  }
}

async function denied(
  account: AwsAccount,
  arn: string,
  { actions, resources, context }: NeededActions,
): Promise<readonly string[]> {
  const client = await account.iam();
  const allowed = new Set<string>();
  let marker: string | undefined;
  do {
    const page = await account.tried(
      { action: 'iam:SimulatePrincipalPolicy', resource: arn },
      async () =>
        await client.send(
          new SimulatePrincipalPolicyCommand({
            PolicySourceArn: arn,
            ActionNames: [...actions],
            ResourceArns: [...resources],
            ContextEntries: Object.entries(context).map(([name, values]) => ({
              ContextKeyName: name,
              ContextKeyValues: [...values],
              ContextKeyType: 'string',
            })),
            ...(marker === undefined ? {} : { Marker: marker }),
          }),
        ),
    );
    for (const result of page.EvaluationResults ?? []) {
      const { EvalActionName: action = '', ResourceSpecificResults: each = [] } = result;
      const decisions = each.map(({ EvalResourceDecision: decision }) => decision);
      if ([result.EvalDecision, ...decisions].includes('allowed')) allowed.add(action);
    }
    marker = page.IsTruncated === true ? page.Marker : undefined;
  } while (marker !== undefined);
  return actions.filter((action) => !allowed.has(action));
}
