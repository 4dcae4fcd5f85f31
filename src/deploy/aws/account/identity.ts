import type { AwsAccount } from './account.ts';

/** Who the credentials are of. */
export type Identity = {
  /** Twelve digits. */
  readonly accountId: string;
  readonly arn: string;
};

/** Asks STS, which answers to everybody: what fails here are the credentials, or the way. */
export async function identityOf(account: AwsAccount): Promise<Identity> {
  const answer = await account.form({
    service: 'sts',
    action: 'sts:GetCallerIdentity',
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  });
  return {
    accountId: /<Account>(\d+)</.exec(answer)?.[1] ?? '',
    arn: /<Arn>([^<]+)</.exec(answer)?.[1] ?? '',
  };
}

/** What of an identity IAM can simulate. */
export type Simulated =
  | { readonly kind: 'arn'; readonly arn: string }
  /** Its ARN has a path that the session's doesn't tell: IAM knows it. */
  | { readonly kind: 'role'; readonly role: string }
  /** The account's root, which may do everything; or one that was federated. */
  | { readonly kind: 'none' };

/** `arn:aws:sts::1:assumed-role/ROLE/SESSION` is the role's; pure. */
export function simulatedOf(arn: string): Simulated {
  const role = /^arn:[^:]+:sts::\d+:assumed-role\/([^/]+)\//.exec(arn)?.[1];
  if (role !== undefined) return { kind: 'role', role };
  return /:(user|role)\//.test(arn) ? { kind: 'arn', arn } : { kind: 'none' };
}
