import { expect, test } from 'vitest';
import { mskToken } from './msk-token.ts';

/** Signatures that botocore's SigV4QueryAuth computes for the same keys and time. */
const vectors: readonly (readonly [string | undefined, string])[] = [
  [undefined, '00629abe90095b91c1a9e460b67a01a8e4e7499b99f571276b99dd9258dd65e5'],
  ['session/token+=', 'fc8e91848a5cba784e82978cbbc4766c27a8a9e904ea86c19ba9a0423426a60d'],
];

test.each(vectors)(
  'with the session token %s, it is signed as botocore signs',
  async (...vector) => {
    const [sessionToken, signature] = vector;
    const credentials = {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      sessionToken,
    };
    const token = await mskToken(credentials, 'eu-central-1', new Date('2026-01-02T03:04:05Z'));
    expect(token).toMatch(/^[\w-]+$/);
    const url = new URL(Buffer.from(token, 'base64url').toString());
    expect(url.origin).toBe('https://kafka.eu-central-1.amazonaws.com');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      Action: 'kafka-cluster:Connect',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIDEXAMPLE/20260102/eu-central-1/kafka-cluster/aws4_request',
      'X-Amz-Date': '20260102T030405Z',
      'X-Amz-Expires': '900',
      'X-Amz-SignedHeaders': 'host',
      ...(sessionToken === undefined ? {} : { 'X-Amz-Security-Token': sessionToken }),
      'X-Amz-Signature': signature,
      'User-Agent': 'helios',
    });
  },
);
