import { GetRoleCommand, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { HeliosError } from '../../../base/errors.ts';
import type { AwsAccount } from './account.ts';
import { type Identity, simulatedOf } from './identity.ts';

export type PermissionCheck =
  | { readonly kind: 'all' }
  | { readonly kind: 'missing'; readonly actions: readonly string[] }
  /** Nobody can say: why not. */
  | { readonly kind: 'unknown'; readonly why: string };

/** IAM takes no more in one simulation. */
const actionsMax = 100;

/**
 * Has IAM say which of these actions the identity lacks, before anything is made. That needs
 * iam:SimulatePrincipalPolicy itself; without it nothing is known, and that is no failure.
 * Policies of organisations and boundaries count; conditions on tags and resources don't.
 */
export async function checkPermissions(
  account: AwsAccount,
  identity: Identity,
  actions: readonly string[],
): Promise<PermissionCheck> {
  try {
    const arn = await principalOf(account, identity);
    if (arn === undefined) return { kind: 'unknown', why: 'this identity can not be simulated' };
    const missing: string[] = [];
    for (let at = 0; at < actions.length; at += actionsMax) {
      missing.push(...(await denied(account, arn, actions.slice(at, at + actionsMax))));
    }
    return missing.length === 0 ? { kind: 'all' } : { kind: 'missing', actions: missing };
  } catch (thrown) {
    if (!(thrown instanceof HeliosError) || thrown.code === 'cancelled') throw thrown;
    const why =
      thrown.code === 'access_refused'
        ? 'iam:SimulatePrincipalPolicy is not allowed'
        : 'IAM does not simulate here';
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
  actions: readonly string[],
): Promise<readonly string[]> {
  const client = await account.iam();
  const missing: string[] = [];
  let marker: string | undefined;
  do {
    const page = await account.tried(
      { action: 'iam:SimulatePrincipalPolicy', resource: arn },
      async () =>
        await client.send(
          new SimulatePrincipalPolicyCommand({
            PolicySourceArn: arn,
            ActionNames: [...actions],
            ...(marker === undefined ? {} : { Marker: marker }),
          }),
        ),
    );
    for (const { EvalActionName: action, EvalDecision: decision } of page.EvaluationResults ?? []) {
      if (decision !== 'allowed') missing.push(action ?? '');
    }
    marker = page.IsTruncated === true ? page.Marker : undefined;
  } while (marker !== undefined);
  return missing;
}
