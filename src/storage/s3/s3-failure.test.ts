import { expect, test } from 'vitest';
import { isPassing, s3Failure } from './s3-failure.ts';

const place = { action: 's3:PutObject', url: 's3://lake/t/a' };

/** As the SDK throws it. */
function thrown(fields: object, message = 'Why.'): Error {
  return Object.assign(new Error(message), fields);
}

function answered(status: number, name: string, message = 'Why.'): Error {
  return thrown({ name, $metadata: { httpStatusCode: status } }, message);
}

test.each<[string, Error, string, RegExp, boolean]>([
  [
    'a certificate of an authority that nobody knows',
    thrown({ code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
    'unreachable',
    /storage\.ca = 'file:.*AWS_CA_BUNDLE=/,
    false,
  ],
  [
    'a certificate for the store, not for its buckets',
    thrown(
      { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
      "Host: b.s3.local. is not in the cert's altnames: DNS:s3.local",
    ),
    'unreachable',
    /storage\.path_style = 'true'/,
    false,
  ],
  ['no such host', thrown({ code: 'ENOTFOUND' }), 'unreachable', /Check the endpoint/, true],
  ['an answer that is none of S3', answered(200, 'SyntaxError'), 'unavailable', /^$/, true],
  [
    'a role that may not be assumed',
    answered(403, 'AccessDenied', 'not authorized to perform: sts:AssumeRole on resource'),
    'access_refused',
    /Allow sts:AssumeRole there/,
    false,
  ],
  [
    'an upload that is gone',
    answered(404, 'NoSuchUpload'),
    'storage_failed',
    /gave the upload up/,
    false,
  ],
  ['an object that is not there', answered(404, 'NoSuchKey'), 'not_found', /^$/, false],
  [
    'a bucket that is not there',
    answered(404, 'NoSuchBucket'),
    'unavailable',
    /Make the bucket/,
    false,
  ],
  ['a bare 400 of HEAD', answered(400, 'Unknown'), 'storage_failed', /^$/, true],
])('%s', (_what, error, code, hint, mayPass) => {
  const failure = s3Failure(error, place);
  expect(failure.code).toBe(code);
  expect(failure.hint ?? '').toMatch(hint);
  expect(failure.message).toContain('s3://lake/t/a');
  expect(isPassing(failure)).toBe(mayPass);
});
