import { HeliosError } from '../../base/errors.ts';

/** What was asked of which object, for the words of a failure. */
export type S3Place = {
  /** `s3:PutObject`: the permission that it takes. */
  readonly action: string;
  /** The URL of the object or the bucket. */
  readonly url: string;
};

/** The facts of an answer that is a failure. */
export type S3Answer = {
  /** AWS's name of the error, such as `NoSuchKey`; empty where the answer had none. */
  readonly name: string;
  /** HTTP status; undefined where nothing answered. */
  readonly status: number | undefined;
  readonly message: string;
};

/** What the SDK threw, taken apart. */
export function answerIn(thrown: unknown): S3Answer {
  if (!(thrown instanceof Error)) return { name: '', status: undefined, message: String(thrown) };
  const metadata: unknown = '$metadata' in thrown ? thrown.$metadata : undefined;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? Number(metadata.httpStatusCode)
      : undefined;
  return { name: thrown.name, status, message: thrown.message };
}

/**
 * A failure in our words: `not_found`, `access_refused`, `throttled`, `unavailable` (the store says
 * it can't now), `unreachable` (nothing answered), or `storage_failed`.
 */
export function s3Failure(thrown: unknown, place: S3Place): HeliosError {
  if (thrown instanceof HeliosError) return thrown;
  const answer = answerIn(thrown);
  const { name, status, message } = answer;
  const cause = { cause: thrown };
  if (name === 'NoSuchBucket') {
    return new HeliosError('storage_failed', `The bucket of ${place.url} does not exist.`, {
      hint: 'Make the bucket, or correct its name, region or endpoint.',
      ...cause,
    });
  }
  if (isNotFound(answer)) {
    return new HeliosError('not_found', `${place.url} does not exist.`, cause);
  }
  if (isRefusal(answer)) {
    return new HeliosError('access_refused', refusalText(answer, place), {
      hint: refusalHint(answer, place),
      ...cause,
    });
  }
  const why = name === '' || name === 'Error' ? message : `${name}: ${message}`;
  const text = `${place.action.slice(3)} of ${place.url} failed: ${why}`;
  if (name === 'SlowDown' || status === 429 || /Throttl|RequestLimit/.test(name)) {
    return new HeliosError('throttled', text, {
      hint: 'The store asks for fewer requests.',
      ...cause,
    });
  }
  if (status === undefined) {
    return new HeliosError('unreachable', text, {
      hint: 'Check the endpoint and the network.',
      ...cause,
    });
  }
  if (status >= 500) return new HeliosError('unavailable', text, cause);
  if (status === 301 || status === 307 || name === 'PermanentRedirect') {
    return new HeliosError('storage_failed', text, {
      hint: 'The bucket is in another region: set storage.aws_region.',
      ...cause,
    });
  }
  return new HeliosError('storage_failed', text, cause);
}

/** The same request may succeed, or may have succeeded. */
export function isPassing(failure: HeliosError): boolean {
  if (passingCodes.has(failure.code)) return true;
  const { name, status } = answerIn(failure.cause);
  return status === 409 || status === 408 || name === 'RequestTimeout' || name === 'InvalidDigest';
}

const passingCodes: ReadonlySet<string> = new Set(['throttled', 'unavailable', 'unreachable']);

export function isNotFound({ name, status }: S3Answer): boolean {
  return name === 'NoSuchKey' || name === 'NotFound' || (status === 404 && name !== 'NoSuchBucket');
}

export function isPreconditionFailed({ name, status }: S3Answer): boolean {
  return name === 'PreconditionFailed' || status === 412;
}

const clockNames: ReadonlySet<string> = new Set(['RequestTimeTooSkewed', 'RequestExpired']);
const keyNames: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'CredentialsProviderError',
]);

function isRefusal({ name, status }: S3Answer): boolean {
  return status === 401 || status === 403 || keyNames.has(name) || clockNames.has(name);
}

function refusalText({ name, message }: S3Answer, place: S3Place): string {
  const why = name === '' || name === '403' || name === 'Unknown' ? message : `${name}: ${message}`;
  return `${place.action.slice(3)} of ${place.url} was refused: ${why}`;
}

function refusalHint({ name }: S3Answer, place: S3Place): string {
  if (clockNames.has(name)) return "Set this machine's clock: signatures hold for some minutes.";
  if (keyNames.has(name)) return 'Check the credentials: key, secret, session token, profile.';
  return `Allow ${place.action} there for these credentials.`;
}
