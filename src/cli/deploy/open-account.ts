import type { AwsAccount } from '../../deploy/aws/account/account.ts';
import type { DeploySettings } from '../../deploy/settings/settings.ts';
import { ReferencedSecrets } from '../../connection/secrets.ts';
import type { Scope } from '../scope.ts';

/** The account of the settings; whoever opens, disposes. AWS's clients are loaded by it alone. */
export async function openAccount(
  scope: Scope,
  { region, profile }: Pick<DeploySettings, 'region' | 'profile'>,
): Promise<AwsAccount> {
  const { environment, clock, random } = scope.context;
  const { AwsAccount: Account } = await import('../../deploy/aws/account/account.ts');
  const secrets = new ReferencedSecrets({ environment, clock, random });
  return new Account({ region, profile }, { secrets, environment, clock, random }, scope.signal);
}
