import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { ConnectionContext, PlainOptions } from '../context.ts';
import { optionValue } from '../option-value.ts';
import { endpointOf } from './endpoint.ts';

export type AwsCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
};

/**
 * Gives credentials that are valid now; to be asked for each use, or when they expire. With
 * `forceRefresh` what is kept is looked up again: it was refused.
 */
export type AwsCredentialSource = (options?: {
  readonly forceRefresh?: boolean | undefined;
}) => Promise<AwsCredentials>;

/**
 * Who we are for AWS: the access key of the options (looked up anew each time), or the usual chain
 * (environment, profile, web identity, container, instance); then the role that is taken on with
 * it. What has no end of its own gets one, so that keys that were exchanged are found.
 */
export function awsCredentials(
  options: PlainOptions,
  region: string,
  context: ConnectionContext,
): AwsCredentialSource {
  const source = sourceOf(options, region, context);
  const isRole = options['role_arn'] !== undefined;
  const roleSource = isRole ? withRole(source, { options, region, context }) : source;
  return kept(roleSource, context);
}

/** Credentials without an end are taken to end after this, and looked up again. */
const lookedUpAgainMs = 300_000;
/** Credentials that end within this are not used any more. */
const endingSoonMs = 60_000;

function sourceOf(
  options: PlainOptions,
  region: string,
  context: ConnectionContext,
): AwsCredentialSource {
  if (options['aws_access_key_id'] !== undefined) return () => givenKey(options, context);
  if (isEmulator(options, context)) return () => Promise.resolve(emulatorKey);
  const { aws_profile: profile } = options;
  // A chain of its own each time: a chain keeps the keys that it found in files for ever.
  return async () => {
    const chain = fromNodeProviderChain({
      ignoreCache: true,
      clientConfig: { region, requestHandler: createHandler() },
      ...(profile === undefined ? {} : { profile }),
    });
    return await chain();
  };
}

async function givenKey(
  options: PlainOptions,
  { secrets }: ConnectionContext,
): Promise<AwsCredentials> {
  const [accessKeyId, secretAccessKey, sessionToken] = await Promise.all([
    optionValue(options, 'aws_access_key_id', secrets),
    optionValue(options, 'aws_secret_access_key', secrets),
    optionValue(options, 'aws_session_token', secrets),
  ]);
  return {
    accessKeyId: accessKeyId ?? '',
    secretAccessKey: secretAccessKey ?? '',
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}

/** An endpoint on this machine takes any key: where nobody gave one, it gets this. */
const emulatorKey: AwsCredentials = { accessKeyId: 'emulator', secretAccessKey: 'emulator' };

function isEmulator(options: PlainOptions, { environment }: ConnectionContext): boolean {
  const { aws_endpoint: endpoint, aws_profile: profile, role_arn: role } = options;
  if (endpoint === undefined || profile !== undefined || role !== undefined) return false;
  if (chainVariables.some((name) => (environment[name] ?? '') !== '')) return false;
  const host = URL.parse(endpoint)?.hostname ?? '';
  return ['localhost', '127.0.0.1', '[::1]'].includes(host);
}

const chainVariables = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

type RoleRequest = {
  readonly options: PlainOptions;
  readonly region: string;
  readonly context: ConnectionContext;
};

function withRole(
  masterCredentials: AwsCredentialSource,
  { options, region, context }: RoleRequest,
): AwsCredentialSource {
  const endpoint = endpointOf('sts', context.environment);
  return async () => {
    const { secrets } = context;
    const [arn, externalId, session] = await Promise.all([
      optionValue(options, 'role_arn', secrets),
      optionValue(options, 'external_id', secrets),
      optionValue(options, 'role_session_name', secrets),
    ]);
    const assume = fromTemporaryCredentials({
      masterCredentials: async () => sdkShape(await masterCredentials()),
      params: {
        RoleArn: arn,
        RoleSessionName: session ?? 'helios',
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      },
      clientConfig: {
        region,
        requestHandler: createHandler(),
        ...(endpoint === undefined ? {} : { endpoint }),
      },
    });
    return await assume();
  };
}

/** Without properties that are undefined. */
export function sdkShape({
  accessKeyId,
  secretAccessKey,
  sessionToken,
  expiration,
}: AwsCredentials): {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
} {
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration }),
  };
}

/** Asks once for all that come while it is asked, and again when what is known ends soon. */
function kept(source: AwsCredentialSource, { clock }: ConnectionContext): AwsCredentialSource {
  let asked: Promise<AwsCredentials> | undefined;
  let endsAtMs = 0;
  const ask = async (): Promise<AwsCredentials> => {
    const found = await source();
    const expiration = found.expiration ?? new Date(clock.nowMs() + lookedUpAgainMs);
    endsAtMs = expiration.getTime();
    return { ...found, expiration };
  };
  return async (options) => {
    const isKept = options?.forceRefresh !== true && clock.nowMs() < endsAtMs - endingSoonMs;
    if (asked !== undefined && isKept) return await asked;
    endsAtMs = Infinity;
    asked = ask();
    try {
      return await asked;
    } catch (thrown) {
      asked = undefined;
      throw thrown;
    }
  };
}

/** Servers of credentials answer at once, or not at all. */
function createHandler(): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    throwOnRequestTimeout: true,
  });
}
