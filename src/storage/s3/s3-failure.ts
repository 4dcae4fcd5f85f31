import { HeliosError } from '../../base/errors.ts';
import { certificateFailure } from './certificate-failure.ts';

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
 * A failure in our words: `not_found`, `access_refused`, `throttled`, `disk_full` (the bucket's
 * quota or the store's disks), `unavailable` (the store says it can't now), `unreachable` (nothing
 * answered), or `storage_failed`.
 */
export function s3Failure(thrown: unknown, place: S3Place): HeliosError {
  if (thrown instanceof HeliosError) return thrown;
  const answer = answerIn(thrown);
  const { name, status, message } = answer;
  const cause = { cause: thrown };
  if (name === 'NoSuchBucket') {
    return new HeliosError('unavailable', `The bucket of ${place.url} does not exist.`, {
      hint: 'Make the bucket, or correct its name, region or endpoint.',
      ...cause,
    });
  }
  if (isNotFound(answer)) {
    return new HeliosError('not_found', `${place.url} does not exist.`, cause);
  }
  const why = name === '' || name === 'Error' ? message : `${name}: ${message}`;
  const text = `${place.action.slice(3)} of ${place.url} failed: ${why}`;
  if (isFull(answer)) {
    return new HeliosError('disk_full', `The store of ${place.url} is full: ${why}`, {
      hint: 'Make room in the bucket, or raise its quota; what failed is tried again.',
      ...cause,
    });
  }
  if (isRefusal(answer)) {
    return new HeliosError('access_refused', refusalText(answer, place), {
      hint: refusalHint(answer, place),
      ...cause,
    });
  }
  if (name === 'SlowDown' || status === 429 || /Throttl|RequestLimit/.test(name)) {
    return new HeliosError('throttled', text, {
      hint: 'The store asks for fewer requests.',
      ...cause,
    });
  }
  if (status === undefined) {
    return unreached(thrown, place, text);
  }
  const isRedirect = status === 301 || status === 307;
  // What isn't S3 answers so, and what a proxy on the way has cut or changed.
  const isNonsense = status < 400 && !isRedirect;
  if (status >= 500 || isNonsense) return new HeliosError('unavailable', text, cause);
  return new HeliosError('storage_failed', text, { hint: otherHint(thrown, answer), ...cause });
}

/** The same request may succeed, or may have succeeded. */
export function isPassing(failure: HeliosError): boolean {
  const answer = answerIn(failure.cause);
  if (answer.name === 'NoSuchBucket') return false;
  if (certificateFailure(failure.cause) !== undefined) return false;
  if (passingCodes.has(failure.code)) return true;
  const { name, status } = answer;
  return status === 409 || status === 408 || passingNames.has(name) || isBare(answer);
}

const passingCodes: ReadonlySet<string> = new Set(['throttled', 'unavailable', 'unreachable']);
/** The bytes came damaged, or not in time. */
const passingNames: ReadonlySet<string> = new Set([
  'RequestTimeout',
  'BadDigest',
  'InvalidDigest',
  'XAmzContentSHA256Mismatch',
  'XAmzContentChecksumMismatch',
]);

/** Other credentials might not be refused. */
export function mayBeCredentials(failure: HeliosError): boolean {
  const answer = answerIn(failure.cause);
  if (clockNames.has(answer.name)) return false;
  return isRefusal(answer) || isBare(answer);
}

/** An answer to HEAD has no body: an expired token and a slow request look the same there. */
function isBare({ name, status }: S3Answer): boolean {
  return status === 400 && /^(?:|400|Unknown\w*|BadRequest)$/.test(name);
}

/** The client has taken the store's time from its answer: what follows is signed with it. */
export function isClockSkew(failure: HeliosError): boolean {
  return clockNames.has(answerIn(failure.cause).name);
}

export function isNotFound({ name, status }: S3Answer): boolean {
  if (name === 'NoSuchBucket' || name === 'NoSuchUpload') return false;
  // Some stores have 404 for keys of theirs that they don't know.
  return name === 'NoSuchKey' || name === 'NotFound' || (status === 404 && !keyNames.has(name));
}

export function isPreconditionFailed({ name, status }: S3Answer): boolean {
  return name === 'PreconditionFailed' || status === 412;
}

const clockNames: ReadonlySet<string> = new Set(['RequestTimeTooSkewed', 'RequestExpired']);
const keyNames: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'XAdminUserNotFound',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  'InvalidIdentityToken',
  'TokenRefreshRequired',
  'CredentialsProviderError',
]);

function isFull({ name, status }: S3Answer): boolean {
  return status === 507 || /QuotaExceeded|StorageFull|QuotaFull/.test(name);
}

function isRefusal({ name, status }: S3Answer): boolean {
  if (name === 'InvalidObjectState') return false;
  return status === 401 || status === 403 || keyNames.has(name) || clockNames.has(name);
}

function refusalText({ name, message }: S3Answer, place: S3Place): string {
  const why = name === '' || name === '403' || name === 'Unknown' ? message : `${name}: ${message}`;
  return `${place.action.slice(3)} of ${place.url} was refused: ${why}`;
}

function refusalHint({ name, message }: S3Answer, place: S3Place): string {
  if (clockNames.has(name)) return "Set this machine's clock: signatures hold for some minutes.";
  if (keyNames.has(name)) return 'Check the credentials: key, secret, session token, profile.';
  const other = /\b(?:kms|sts):\w+/.exec(message)?.[0];
  return `Allow ${other ?? place.action} there for these credentials.`;
}

function unreached(thrown: unknown, { action, url }: S3Place, text: string): HeliosError {
  const certificate = certificateFailure(thrown);
  if (certificate === undefined) {
    const hint = 'Check the endpoint and the network.';
    return new HeliosError('unreachable', text, { hint, cause: thrown });
  }
  const { why, hint } = certificate;
  const message = `${action.slice(3)} of ${url} failed: ${why}.`;
  return new HeliosError('unreachable', message, { hint, cause: thrown });
}

const regionNames: ReadonlySet<string> = new Set([
  'PermanentRedirect',
  'TemporaryRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
]);

function otherHint(thrown: unknown, { name, status, message }: S3Answer): string | undefined {
  if (status === 301 || status === 307 || regionNames.has(name)) {
    const region = regionIn(thrown) ?? /expecting '([\w-]+)'/.exec(message)?.[1];
    return region === undefined
      ? 'The bucket is in another region: set storage.aws_region.'
      : `The bucket is in another region: set storage.aws_region = '${region}'.`;
  }
  if (name === 'InvalidObjectState') return 'It is archived: restore it from there first.';
  if (name === 'NoSuchUpload') {
    return "Something gave the upload up, such as the bucket's lifecycle rule; it is begun anew.";
  }
  return name.startsWith('KMS.') ? 'Check storage.sse_kms_key_id and the key.' : undefined;
}

/** Where the bucket is, as the answer's header says. */
function regionIn(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('$response' in thrown)) return undefined;
  const { $response: response } = thrown;
  if (typeof response !== 'object' || response === null || !('headers' in response)) return;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null) return undefined;
  const found = Object.entries(headers).find(([key]) => key === 'x-amz-bucket-region')?.[1];
  return typeof found === 'string' ? found : undefined;
}
