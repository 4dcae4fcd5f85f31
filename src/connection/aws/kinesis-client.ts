import { KinesisClient } from '@aws-sdk/client-kinesis';
import type { AwsPlace } from '../failure/aws-failure.ts';
import type { ConnectionContext, PlainOptions } from '../context.ts';
import { optionValue } from '../option-value.ts';
import { awsCredentials, type AwsCredentialSource, sdkShape } from './credentials.ts';
import { endpointOf } from './endpoint.ts';
import { KinesisHttpHandler } from './kinesis-http.ts';
import { regionOf } from './region.ts';

export type KinesisAccess = {
  /** The caller calls `destroy`. */
  readonly client: KinesisClient;
  readonly region: string;
  /** Undefined: AWS's own. */
  readonly endpoint: string | undefined;
  readonly credentials: AwsCredentialSource;
  /** For `describeRemoteError`: `place('kinesis:GetRecords', 'clicks')`. */
  readonly place: (action: string, resource?: string) => AwsPlace;
};

/**
 * A client of Kinesis for the options of a connection. `stream`, where it is an ARN, names the
 * region when nothing else does. `attemptsMax` of 1 is for calls that must not have their effect
 * twice. `invalid_config` without a region, `secret_missing`.
 */
export async function createKinesisClient(
  options: PlainOptions,
  context: ConnectionContext,
  stream?: string,
  attemptsMax: number = attemptsDefault,
): Promise<KinesisAccess> {
  const { secrets, environment } = context;
  const given = await optionValue(options, 'aws_region', secrets);
  const endpoint =
    (await optionValue(options, 'aws_endpoint', secrets)) ?? endpointOf('kinesis', environment);
  const profile = await optionValue(options, 'aws_profile', secrets);
  const region = await regionOf({ given, arn: stream, profile }, context);
  const known = endpoint === undefined ? options : { ...options, aws_endpoint: endpoint };
  const credentials = awsCredentials(known, region, context);
  const client = new KinesisClient({
    region,
    credentials: async () => sdkShape(await credentials()),
    maxAttempts: attemptsMax,
    requestHandler: new KinesisHttpHandler({
      connectionTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    }),
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  const place = (action: string, resource?: string): AwsPlace => {
    return { kind: 'aws', action, resource, region, endpoint };
  };
  return { client, region, endpoint, credentials, place };
}

/** Of one request; who calls goes on with a backoff of its own. */
const attemptsDefault = 3;
const connectTimeoutMs = 5_000;
/** An answer of 10 MB over a slow line takes a while. */
const requestTimeoutMs = 30_000;
