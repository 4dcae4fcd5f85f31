import { expect, test } from 'vitest';
import { withFlags } from './flag-words.ts';

test.each([
  ['Check auth.username.', 'Check auth.username (--username).'],
  ['Set auth.protocol to SASL_SSL, or', 'Set auth.protocol to SASL_SSL (--tls), or'],
  ['auth.protocol to PLAINTEXT', 'auth.protocol to PLAINTEXT (--no-tls)'],
  ['set auth.type and auth.mechanism', 'set auth.type and auth.mechanism (--mechanism)'],
  ['tls.key = file:PATH, tls.keys', 'tls.key (--key) = file:PATH, tls.keys'],
  ['as tls.server_name.', 'as tls.server_name (-o tls.server_name=NAME).'],
  ['aws_access_key_id and aws_region', 'aws_access_key_id and aws_region (--region)'],
])('%s', (hint, expected) => {
  expect(withFlags(hint)).toBe(expected);
});
