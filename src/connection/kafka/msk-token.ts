import type { AwsCredentials } from '../aws/credentials.ts';
import { createSigner } from '../aws/signer.ts';

/** MSK takes tokens that are valid for at most 15 minutes. */
const validSeconds = 900;

/**
 * A token of OAUTHBEARER for Amazon MSK: the address of the action kafka-cluster:Connect, signed in
 * its query, as base64url (the method of aws-msk-iam-sasl-signer).
 */
export async function mskToken(
  credentials: AwsCredentials,
  region: string,
  signedAt: Date,
): Promise<string> {
  const host = `kafka.${region}.amazonaws.com`;
  const signer = createSigner({ service: 'kafka-cluster', region, credentials });
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      query: { Action: 'kafka-cluster:Connect' },
      headers: { host },
    },
    { expiresIn: validSeconds, signingDate: signedAt },
  );
  const query = Object.entries(signed.query ?? {})
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join('&');
  // The agent is told after signing: MSK leaves it out of what it checks.
  const address = `https://${host}/?${query}&User-Agent=helios`;
  return Buffer.from(address).toString('base64url');
}
