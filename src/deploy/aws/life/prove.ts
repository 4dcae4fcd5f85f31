import { HeliosError } from '../../../base/errors.ts';
import type { AwsAccount } from '../account/account.ts';
import type { Person } from '../person.ts';
import type { Deployed } from './deploy.ts';
import { askFirst, call, type FirstAnswer, waitUntilHealthy } from './public-url.ts';

export type Proof = {
  readonly url: string;
  /** What the machine says that it runs. */
  readonly version: string;
  readonly first: FirstAnswer;
  /** Opens the console once. */
  readonly loginUrl: string;
};

/** That a stack stands says little: this sends an event over the address, and asks for it. */
export async function proveAnswers(
  account: AwsAccount,
  { stack, bucket, adminToken }: Extract<Deployed, { kind: 'deployed' }>,
  { person, signal }: { readonly person: Person; readonly signal: AbortSignal },
): Promise<Proof> {
  const url = stack.outputs['Url'];
  if (url === undefined) {
    throw new HeliosError('internal', `The stack ${stack.name} has no address in its outputs.`);
  }
  const remote = { url, token: adminToken, context: account.context, signal };
  const { version } = await waitUntilHealthy(remote, person);
  const first = await askFirst(remote, bucket);
  const link = await call<{ readonly url: string }>(remote, 'POST', '/api/v1/login-links');
  return { url, version, first, loginUrl: link.url };
}
