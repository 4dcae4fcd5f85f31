import { HeliosError } from '../../../base/errors.ts';
import { type DeploySettings, stackName } from '../../settings/settings.ts';
import type { AwsAccount } from '../account/account.ts';
import { describeStack, ownerTag, type Stack } from '../stack/stack.ts';

/** The stack of these settings; `not_found`, or `conflict` where it is somebody else's. */
export async function findStack(account: AwsAccount, settings: DeploySettings): Promise<Stack> {
  const name = stackName(settings);
  const stack = await describeStack(account, name);
  if (stack === undefined) {
    throw new HeliosError('not_found', `There is no stack ${name} in ${account.region}.`, {
      hint: 'Check name, region and profile in helios.deploy.yaml; helios deploy makes it.',
    });
  }
  if (stack.tags[ownerTag] === settings.name) return stack;
  if (stack.status === 'REVIEW_IN_PROGRESS') return stack;
  throw new HeliosError(
    'conflict',
    `The stack ${name} is not this Helios: nothing of it is touched.`,
    {
      hint: 'Choose another --name.',
    },
  );
}
