import { expect, test } from 'vitest';
import { HeliosError } from '../../../base/errors.ts';
import { awsRefusal, type AwsTried } from './failure-words.ts';

function ofAws(name: string, message = 'said'): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });
}

const tried: AwsTried = {
  action: 'cloudformation:CreateChangeSet',
  resource: 'helios-shop',
  region: 'eu-central-1',
};

const denied =
  'User: arn:aws:iam::1:user/a is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/b';

test.each<[what: string, thrown: Error, code: string, message: RegExp, hint: RegExp]>([
  [
    'no credentials',
    ofAws('CredentialsProviderError', 'Could not load credentials from any providers'),
    'secret_missing',
    /no AWS credentials here/,
    /--profile NAME/,
  ],
  [
    'a single sign-on that has ended',
    ofAws(
      'CredentialsProviderError',
      'Token is expired. To refresh this SSO session run aws sso login',
    ),
    'access_refused',
    /single sign-on of AWS has ended/,
    /aws sso login/,
  ],
  [
    'expired keys',
    ofAws('ExpiredToken', 'The security token included in the request is expired'),
    'access_refused',
    /have expired \(cloudformation:CreateChangeSet\)/,
    /goes on where it is/,
  ],
  ['expired keys, by JSON', ofAws('ExpiredTokenException'), 'access_refused', /expired/, /Renew/],
  [
    'a wrong clock',
    ofAws('SignatureDoesNotMatch', 'Signature expired: 20260101T000000Z is now earlier than 2026'),
    'access_refused',
    /clock is wrong/,
    /timedatectl/,
  ],
  ['a wrong clock, by S3', ofAws('RequestTimeTooSkewed'), 'access_refused', /clock/, /Set the/],
  [
    'an unknown key',
    ofAws('InvalidClientTokenId', 'The security token included in the request is invalid.'),
    'access_refused',
    /does not know these credentials in eu-central-1/,
    /not switched on/,
  ],
  [
    'a wrong secret, without repeating the request',
    ofAws('SignatureDoesNotMatch', 'The canonical request was: AWSSECRET'),
    'access_refused',
    /SignatureDoesNotMatch\) for cloudformation:CreateChangeSet\.$/,
    /belong together/,
  ],
  [
    'a missing permission, by its name',
    ofAws('AccessDenied', denied),
    'access_refused',
    /does not allow iam:PassRole on helios-shop/,
    /Have iam:PassRole allowed.*docs\/permissions\.md/,
  ],
  [
    'throttling',
    ofAws('Throttling', 'Rate exceeded'),
    'throttled',
    /limits how often cloudformation:CreateChangeSet may be asked/,
    /again/,
  ],
  ['throttling of S3', ofAws('SlowDown'), 'throttled', /limits/, /again/],
  [
    'a quota',
    ofAws('LimitExceededException', 'You have reached the limit of stacks'),
    'conflict',
    /quota of this account is reached in eu-central-1: You have reached/,
    /Service Quotas/,
  ],
  ['a bucket that is taken', ofAws('BucketAlreadyExists'), 'already_exists', /somebody/, /--name/],
  ['a bucket of our own', ofAws('BucketAlreadyOwnedByYou'), 'already_exists', /there/, /bucket in/],
  ['a bucket that was deleted', ofAws('NoSuchBucket'), 'not_found', /is not there/, /by hand/],
  ['a bucket that fills', ofAws('BucketNotEmpty'), 'conflict', /not empty/, /Run this again/],
  [
    'a stream that was deleted meanwhile',
    ofAws('ResourceNotFoundException', 'Stream clicks under account 1 not found.'),
    'stream_missing',
    /does not exist in eu-central-1/,
    /deleted meanwhile/,
  ],
  [
    'a stack that is at work',
    ofAws('ValidationError', 'Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated.'),
    'conflict',
    /does something with this stack already/,
    /waits for what goes on/,
  ],
  ['a race', ofAws('OperationInProgressException'), 'conflict', /Somebody else/, /plans anew/],
  [
    'a protected stack',
    ofAws('ValidationError', 'Stack [x] cannot be deleted while TerminationProtection is enabled'),
    'not_allowed',
    /protected against being deleted/,
    /Stack actions/,
  ],
  [
    'a template that is refused',
    ofAws('ValidationError', 'Template error: instance of Fn::GetAtt references no resource'),
    'invalid_request',
    /CloudFormation refuses cloudformation:CreateChangeSet: Template error/,
    /report it/,
  ],
  [
    'what AWS refuses by a name that nobody put into words',
    Object.assign(ofAws('NoSuchResourceException', 'no such quota'), {
      $metadata: { httpStatusCode: 400 },
    }),
    'invalid_request',
    /refuses .*NoSuchResourceException: no such quota/,
    /report/,
  ],
  ['a name that is taken', ofAws('AlreadyExistsException'), 'already_exists', /there/, /--name/],
  [
    'no machine of that size',
    ofAws('InsufficientInstanceCapacity', 'We currently do not have sufficient capacity'),
    'unavailable',
    /no machine of this size free/,
    /--size/,
  ],
  [
    'a region that is misspelt',
    new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ENOTFOUND' }) }),
    'unreachable',
    /AWS has no cloudformation at the region "eu-central-1"/,
    /--region/,
  ],
])('%s', (_what, thrown, code, message, hint) => {
  const failure = awsRefusal(thrown, tried);
  expect(failure.code).toBe(code);
  expect(failure.message).toMatch(message);
  expect(failure.hint).toMatch(hint);
  expect(`${failure.message} ${failure.hint}`).not.toContain('AWSSECRET');
});

test('what is in words already stays', () => {
  const known = new HeliosError('cancelled', 'Interrupted.');
  expect(awsRefusal(known, tried)).toBe(known);
});
