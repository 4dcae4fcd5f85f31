import type { ConnectionContext } from '../context.ts';
import { sendToAws } from './aws-request.ts';
import type { AwsCredentialSource } from './credentials.ts';

/** The ARN of the user or role that the credentials are of, as STS says. Needs no permission. */
export async function callerIdentity(
  credentials: AwsCredentialSource,
  region: string,
  context: ConnectionContext,
): Promise<string | undefined> {
  const answer = await sendToAws(
    {
      service: 'sts',
      region,
      credentials,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
    },
    context,
  );
  return /<Arn>([^<]+)</.exec(answer)?.[1];
}
