import { type ErrorCode, HeliosError } from '../../../base/errors.ts';
import { causesOf, quoted } from '../../../connection/failure/causes.ts';
import { describeRemoteError } from '../../../connection/failure/remote-error.ts';

/** What was asked of AWS. */
export type AwsTried = {
  /** The IAM action, such as `cloudformation:CreateChangeSet`. */
  readonly action: string;
  readonly resource?: string | undefined;
  readonly region: string;
};

/**
 * What AWS refused, in words: what, where, why, and what to do. Never holds a secret: of AWS's own
 * text only its first line is taken over, and nothing of a signature's.
 */
export function awsRefusal(thrown: unknown, tried: AwsTried): HeliosError {
  const causes = causesOf(thrown);
  for (const cause of causes) {
    if (cause instanceof HeliosError) return cause;
    const facts = { ...tried, name: cause.name.replace(/^.*#/, ''), said: quoted(cause.message) };
    const row = refusals.find(
      ({ name, said }) => name.test(facts.name) && (said?.test(facts.said) ?? true),
    );
    if (row === undefined) continue;
    return new HeliosError(row.code, row.message(facts), {
      hint: row.hint(facts),
      details: { aws_error: facts.name, iam_action: tried.action },
    });
  }
  if (systemCodes(causes).has('ENOTFOUND')) return unknownRegion(tried);
  const described = describeRemoteError(thrown, { kind: 'aws', ...tried });
  const answered = described.code === 'unreachable' ? causes.find(isAnswered) : undefined;
  return answered === undefined ? described : otherRefusal(answered, tried);
}

/** Whether AWS has answered, and would answer the same again. */
function isAnswered(cause: Error): boolean {
  const metadata: unknown = Reflect.get(cause, '$metadata');
  const status: unknown = Object(metadata).httpStatusCode;
  return typeof status === 'number' && status >= 400 && status < 500;
}

function otherRefusal(cause: Error, { action, resource }: AwsTried): HeliosError {
  const where = resource === undefined ? '' : ` on ${resource}`;
  const said = quoted(cause.message);
  return new HeliosError(
    'invalid_request',
    `AWS refuses ${action}${where}: ${cause.name}: ${said}.`,
    {
      hint: 'If the settings do not explain it, this is a fault of Helios: please report it.',
      details: { aws_error: cause.name, iam_action: action },
    },
  );
}

type Facts = AwsTried & { readonly name: string; readonly said: string };

type Refusal = {
  /** AWS's name of the error. */
  readonly name: RegExp;
  /** What its text says, where the name alone isn't enough. */
  readonly said?: RegExp;
  readonly code: ErrorCode;
  readonly message: (facts: Facts) => string;
  readonly hint: (facts: Facts) => string;
};

/** The first row that fits is taken. */
const refusals: readonly Refusal[] = [
  {
    name: /^(CredentialsProviderError|ProviderError|TokenProviderError)$/,
    said: /SSO|sso login|token.*(expired|not found|refresh)/i,
    code: 'access_refused',
    message: ({ said }) => `The single sign-on of AWS has ended: ${said}.`,
    hint: () => 'Sign on again with: aws sso login --profile NAME. Then run this again.',
  },
  {
    name: /^(CredentialsProviderError|ProviderError)$/,
    code: 'secret_missing',
    message: () => 'There are no AWS credentials here: none of the usual places has any.',
    hint: () =>
      'Give --profile NAME (of ~/.aws/config), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and ' +
      'AWS_SECRET_ACCESS_KEY.',
  },
  {
    name: /^(ExpiredToken|RequestExpired$|TokenRefreshRequired)/,
    code: 'access_refused',
    message: ({ action }) => `The AWS credentials have expired (${action}).`,
    hint: () =>
      'Renew them (for single sign-on: aws sso login), then run this again: it goes on where ' +
      'it is.',
  },
  {
    name: /^(RequestTimeTooSkewed|SignatureDoesNotMatch|InvalidSignature\w*|RequestInTheFuture)$/,
    said: /skew|Signature (expired|not yet current)|too large|is (now )?(earlier|later) than/i,
    code: 'access_refused',
    message: () =>
      "This machine's clock is wrong: AWS takes requests of the last five minutes only.",
    hint: () => 'Set the clock (timedatectl set-ntp true), then run this again.',
  },
  {
    name: /^RequestTimeTooSkewed$/,
    code: 'access_refused',
    message: () =>
      "This machine's clock is wrong: AWS takes requests of the last five minutes only.",
    hint: () => 'Set the clock (timedatectl set-ntp true), then run this again.',
  },
  {
    name: /^(InvalidClientTokenId|UnrecognizedClient|AuthFailure|OptInRequired|InvalidAccessKeyId)/,
    code: 'access_refused',
    message: ({ name, region }) => `AWS does not know these credentials in ${region} (${name}).`,
    hint: ({ region }) =>
      'Check that the key is active and, where it is a temporary one, has its token. If it works ' +
      `elsewhere, ${region} may be a region that this account has not switched on.`,
  },
  {
    name: /^(AccessDenied|UnauthorizedOperation|NotAuthorized|Forbidden|AuthorizationError|403)/,
    code: 'access_refused',
    message: (facts) => `AWS does not allow ${deniedAction(facts)}${on(facts)}: ${facts.said}.`,
    hint: (facts) =>
      `Have ${deniedAction(facts)} allowed to this identity; docs/permissions.md has the whole ` +
      'policy to paste. Then run this again: it goes on where it is.',
  },
  {
    name: /^(Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|PriorRequestNotComplete)/,
    code: 'throttled',
    message: ({ action, name }) => `AWS limits how often ${action} may be asked (${name}).`,
    hint: () => 'It was tried again for half a minute. Wait a little, then run this again.',
  },
  {
    name: /(LimitExceeded|QuotaExceeded|^TooManyBuckets)/,
    code: 'conflict',
    message: ({ action, said, region }) =>
      `A quota of this account is reached in ${region}: ${said} (${action}).`,
    hint: () =>
      'Remove what is not needed, or ask for more: the AWS console, Service Quotas. Then run ' +
      'this again.',
  },
  {
    name: /^BucketAlreadyExists$/,
    code: 'already_exists',
    message: ({ resource }) => `The bucket ${resource ?? ''} belongs to somebody else.`,
    hint: () => "Buckets' names are one for all of AWS: choose another --name.",
  },
  {
    name: /^BucketAlreadyOwnedByYou$/,
    code: 'already_exists',
    message: ({ resource }) => `The bucket ${resource ?? ''} is there already, in this account.`,
    hint: () => "If it is an earlier stack's, use it again: bucket in helios.deploy.yaml.",
  },
  {
    name: /^(BucketNotEmpty)$/,
    code: 'conflict',
    message: ({ resource }) => `The bucket ${resource ?? ''} is not empty.`,
    hint: () => 'Somebody wrote to it meanwhile. Run this again.',
  },
  {
    name: /^NoSuchBucket$/,
    code: 'not_found',
    message: ({ resource }) => `The bucket ${resource ?? ''} is not there.`,
    hint: () => 'Was it deleted by hand? helios deploy makes what the template says is missing.',
  },
  {
    name: /^ResourceNotFound|^ResourceNotFoundException$/,
    said: /stream/i,
    code: 'stream_missing',
    message: ({ resource, region }) => `The stream ${resource ?? ''} does not exist in ${region}.`,
    hint: () =>
      'Was it deleted meanwhile? Take it out of streams in helios.deploy.yaml, or correct its ARN.',
  },
  {
    name: /^ValidationError$/,
    said: /is in [A-Z_]+ state and can ?not be/,
    code: 'conflict',
    message: ({ said }) => `CloudFormation does something with this stack already: ${said}.`,
    hint: () => 'Run this again: it waits for what goes on, and goes on from there.',
  },
  {
    name: /^(OperationInProgress\w*|TokenAlreadyExists\w*|InvalidChangeSetStatus\w*)$/,
    code: 'conflict',
    message: ({ said }) => `Somebody else changes this stack at this moment: ${said}.`,
    hint: () => 'Run this again: it waits for what goes on, and plans anew.',
  },
  {
    name: /^ValidationError$/,
    said: /termination ?protection/i,
    code: 'not_allowed',
    message: () => 'The stack is protected against being deleted.',
    hint: () => 'Take the protection away in the AWS console (Stack actions), then run this again.',
  },
  {
    name: /^ValidationError$/,
    code: 'invalid_request',
    message: ({ action, said }) => `CloudFormation refuses ${action}: ${said}.`,
    hint: () =>
      'If helios.deploy.yaml does not explain it, this is a fault of Helios: please report it.',
  },
  {
    name: /^(InsufficientCapabilities\w*)$/,
    code: 'internal',
    message: ({ said }) => `CloudFormation wants a capability that was not given: ${said}.`,
    hint: () => 'This is a fault of Helios: please report it.',
  },
  {
    name: /^(AlreadyExists\w*)$/,
    code: 'already_exists',
    message: ({ resource, said }) => `${resource ?? 'It'} is there already: ${said}.`,
    hint: () => 'Choose another --name, or remove what has it.',
  },
  {
    name: /^InsufficientInstanceCapacity/,
    code: 'unavailable',
    message: ({ said }) => `AWS has no machine of this size free: ${said}.`,
    hint: () => 'Try again later, or take another --size.',
  },
];

/** AWS names the action that was missing, which may be a step of the one that was asked for. */
function deniedAction({ said, action }: Facts): string {
  return /not authorized to perform:? ([\w-]+:\w+)/.exec(said)?.[1] ?? action;
}

function on({ resource }: Facts): string {
  return resource === undefined ? '' : ` on ${resource}`;
}

function unknownRegion({ region, action }: AwsTried): HeliosError {
  const service = action.replace(/:.*$/, '');
  return new HeliosError('unreachable', `AWS has no ${service} at the region "${region}".`, {
    hint: 'Check the spelling of --region (such as eu-central-1), and the network of this machine.',
    details: { system_code: 'ENOTFOUND' },
  });
}

function systemCodes(causes: readonly Error[]): ReadonlySet<unknown> {
  return new Set(causes.map((cause): unknown => Reflect.get(cause, 'code')));
}
