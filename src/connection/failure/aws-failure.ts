import { HeliosError } from '../../base/errors.ts';
import { quoted, textOf } from './causes.ts';
import { networkFailure } from './network-failure.ts';

export type AwsPlace = {
  readonly kind: 'aws';
  /** The IAM action that was tried, such as `kinesis:GetRecords`. */
  readonly action: string;
  /** A stream's name or ARN, or another resource's. */
  readonly resource?: string | undefined;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
};

/** Among the errors of an AWS client, the one that says most; undefined: none is of AWS. */
export function awsFailure(causes: readonly Error[], place: AwsPlace): HeliosError | undefined {
  for (const cause of causes) {
    const described = namedFailure(cause, place);
    if (described !== undefined) return described;
  }
  const address = addressOf(place);
  const network = networkFailure(causes, { address, caOption: undefined });
  return network ?? serverFailure(causes, place);
}

/** By the name that AWS gives to an error, or the SDK to one of its own. */
function namedFailure(cause: Error, place: AwsPlace): HeliosError | undefined {
  const name = cause.name.replace(/^.*#/, '');
  if (credentialNames.test(name)) return noCredentials(cause);
  if (cause.message === 'Region is missing') return noRegion();
  if (wrongKeyNames.test(name)) return wrongKey(name, place);
  if (expiredNames.test(name)) return expired(place);
  if (name.startsWith('KMS')) return encryptionFailure(name, cause, place);
  if (deniedNames.test(name)) return denied(cause, place);
  if (missingNames.test(name)) return missing(place);
  if (throttledNames.test(name)) return throttled(name, place);
  if (/^(InvalidArgument|Validation)/.test(name)) {
    const message = `AWS does not accept ${place.action}${on(place)}: ${quoted(cause.message)}.`;
    return new HeliosError('invalid_request', message, {
      hint: 'Check the name of the stream and the options of its table.',
      details: { aws_error: name },
    });
  }
  return undefined;
}

const credentialNames = /^(CredentialsProviderError|ProviderError|TokenProviderError)$/;
const wrongKeyNames = new RegExp(
  '^(UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|' +
    'IncompleteSignature|MissingAuthenticationToken|AuthFailure|InvalidAccessKeyId)',
);
const expiredNames = /^(ExpiredToken|RequestExpired|TokenRefreshRequired)/;
const deniedNames = /^(AccessDenied|UnauthorizedOperation|NotAuthorized|Forbidden)/;
const missingNames = /^ResourceNotFound/;
const throttledNames =
  /^(ProvisionedThroughputExceeded|LimitExceeded|Throttl|TooManyRequests|RequestLimitExceeded)/;

function noCredentials(cause: Error): HeliosError {
  const reason = /could not load credentials/i.test(cause.message)
    ? 'none of the usual places has any'
    : quoted(cause.message);
  return new HeliosError('secret_missing', `There are no AWS credentials here: ${reason}.`, {
    hint:
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, where Helios runs; or ' +
      'give aws_profile, or aws_access_key_id and aws_secret_access_key as references.',
  });
}

function noRegion(): HeliosError {
  return new HeliosError('invalid_config', 'The AWS region is not known.', {
    hint: 'Set aws_region (for Kafka: auth.region), such as eu-central-1, or AWS_REGION.',
  });
}

/**
 * AWS's own text of a wrong signature repeats the request, with the token in it: it is not taken
 * over.
 */
function wrongKey(name: string, place: AwsPlace): HeliosError {
  const message = `AWS does not know these credentials (${name}) for ${place.action}.`;
  return new HeliosError('access_refused', message, {
    hint:
      'Check that the access key and its secret belong together and are active, that a ' +
      'temporary key has its token, and the clock of this machine.',
    details: { aws_error: name },
  });
}

function expired(place: AwsPlace): HeliosError {
  return new HeliosError(
    'access_refused',
    `The AWS credentials for ${place.action} have expired.`,
    {
      hint: 'Renew them (for single sign-on: aws sso login). It is tried again with the new ones.',
    },
  );
}

/** What was refused may be a step before the action, such as taking on a role. */
function denied(cause: Error, place: AwsPlace): HeliosError {
  const said = quoted(cause.message);
  const action = /not authorized to perform: ([\w-]+:\w+)/.exec(said)?.[1] ?? place.action;
  const where = action === place.action ? on(place) : '';
  return new HeliosError('access_refused', `AWS does not allow ${action}${where}: ${said}.`, {
    hint: hintOfDenied(action, cause.message),
    details: { aws_error: cause.name, iam_action: action },
  });
}

/** The role that `helios deploy` made is changed by it, too. */
function hintOfDenied(action: string, said: string): string {
  if (action === 'sts:AssumeRole') {
    return 'Let the role trust this identity, check external_id, and allow sts:AssumeRole to it.';
  }
  const arn = /:assumed-role\/helios-/.test(said) ? streamArn.exec(said)?.[1] : undefined;
  if (arn === undefined) {
    return `Allow ${action} to this identity, in its policy or in that of the resource.`;
  }
  return `Let it, where you deployed it: helios deploy --add-stream ${arn}. Then go on here.`;
}

const streamArn = / on resource: (arn:[\w-]+:kinesis:[\w-]*:\d*:stream\/[\w.-]+)/;

function encryptionFailure(name: string, cause: Error, place: AwsPlace): HeliosError {
  const code = name.includes('Throttling') ? 'throttled' : 'access_refused';
  const said = quoted(cause.message);
  const message = `The key of the encrypted stream${on(place)} can't be used: ${said}.`;
  return new HeliosError(code, message, {
    hint: 'Allow kms:Decrypt on that key to this identity, and check that the key is enabled.',
    details: { aws_error: name },
  });
}

function missing(place: AwsPlace): HeliosError {
  const name = place.resource === undefined ? 'The stream' : `The stream "${place.resource}"`;
  const where = place.endpoint ?? place.region ?? 'this region';
  return new HeliosError('stream_missing', `${name} does not exist in ${where}.`, {
    hint: 'Check its name, the region and the account. A stream of another account needs its ARN.',
  });
}

function throttled(name: string, place: AwsPlace): HeliosError {
  const message = `AWS limits ${place.action}${on(place)} (${name}).`;
  return new HeliosError('throttled', message, {
    hint: 'Others read the same shards. It is tried again more slowly.',
    details: { aws_error: name },
  });
}

/** Answers that are failures of the service, or of something that is none. */
function serverFailure(causes: readonly Error[], place: AwsPlace): HeliosError | undefined {
  const first = causes.find((cause) => isOfSdk(cause));
  if (first === undefined) return undefined;
  const address = addressOf(place);
  if (first.name === 'TimeoutError' || first.name === 'AbortError') {
    return new HeliosError('unreachable', `${address} did not answer in time.`, {
      hint: 'Check that this machine may reach it: firewalls, endpoints of the VPC, proxies.',
    });
  }
  if (first instanceof SyntaxError) {
    return new HeliosError('unreachable', `${address} does not answer like AWS.`, {
      hint: 'Check aws_endpoint.',
    });
  }
  const message = `${place.action} failed at ${address}: ${first.name}: ${quoted(first.message)}.`;
  return new HeliosError('unreachable', message, {
    hint: 'It is tried again. If it stays, look at the health of the service.',
    details: { aws_error: first.name },
  });
}

function isOfSdk(cause: Error): boolean {
  if (Reflect.has(cause, '$metadata') || Reflect.has(cause, '$response')) return true;
  return cause.name === 'TimeoutError' || textOf(cause, '$fault') !== undefined;
}

function addressOf(place: AwsPlace): string {
  const service = place.action.replace(/:.*$/, '');
  return place.endpoint ?? `AWS (${service}, ${place.region ?? 'region not known'})`;
}

function on({ resource }: AwsPlace): string {
  return resource === undefined ? '' : ` on ${resource}`;
}
