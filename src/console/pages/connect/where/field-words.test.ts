import { expect, test } from 'vitest';
import { inFieldWords } from './field-words.ts';

test.each([
  [
    'kafka',
    'Check auth.username and what the reference in auth.password leads to.',
    'Check “User” and what the reference in “Where the password is” leads to.',
  ],
  [
    'kafka',
    'Set auth.protocol to SASL_SSL, or use the port without TLS.',
    'Set “Over TLS” to Yes, or use the port without TLS.',
  ],
  ['kafka', 'Set auth.protocol to PLAINTEXT.', 'Set “Over TLS” to No.'],
  ['kafka', 'The broker may want SASL: set auth.type and auth.mechanism.', /: set “Login”\.$/],
  ['kafka', 'Give it as tls.ca.', 'Give it as “Own authority”.'],
  ['kafka', 'tls.cert = file:PATH', 'tls.cert (under “More options”) = file:PATH'],
  ['kafka', 'check auth.region.', 'check “Region”.'],
  ['confluent', 'Check auth.username.', 'Check “API key”.'],
  ['kinesis', 'Set aws_region (for Kafka: auth.region), such as', 'Set “Region”, such as'],
  ['kinesis', 'or give aws_profile, or aws_access_key_id', /“Profile”, or “Access key id”/],
  [
    'kinesis',
    'The key and the secret stay as they are.',
    'The key and the secret stay as they are.',
  ],
] as const)('%s: %s', (kind, words, expected) => {
  if (typeof expected === 'string') expect(inFieldWords(kind, words)).toBe(expected);
  else expect(inFieldWords(kind, words)).toMatch(expected);
});
