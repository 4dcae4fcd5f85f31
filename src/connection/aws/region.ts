import { KinesisClient } from '@aws-sdk/client-kinesis';
import { HeliosError } from '../../base/errors.ts';
import type { ConnectionContext } from '../context.ts';

export type RegionRequest = {
  /** What was said outright. */
  readonly given: string | undefined;
  /** An ARN that may name a region. */
  readonly arn?: string | undefined;
  readonly profile?: string | undefined;
};

/**
 * The region to talk to: the given one, that of the ARN, of AWS_REGION, of the profile.
 * `invalid_config` when none says one.
 */
export async function regionOf(
  request: RegionRequest,
  { environment }: Pick<ConnectionContext, 'environment'>,
): Promise<string> {
  const known =
    request.given ??
    regionOfArn(request.arn) ??
    environment['AWS_REGION'] ??
    environment['AWS_DEFAULT_REGION'] ??
    (await regionOfProfile(request.profile));
  if (known !== undefined && known !== '') return known;
  throw new HeliosError('invalid_config', 'The AWS region is not known.', {
    hint: 'Set aws_region (for Kafka: auth.region), such as eu-central-1, or AWS_REGION.',
  });
}

/** `eu-central-1` of `arn:aws:kinesis:eu-central-1:123456789012:stream/clicks`. */
export function regionOfArn(arn: string | undefined): string | undefined {
  const region = /^arn:[^:]*:[^:]*:([^:]*):/.exec(arn ?? '')?.[1];
  return region === '' ? undefined : region;
}

/** A client of the SDK knows how to find it in the shared files; it is asked nothing else. */
async function regionOfProfile(profile: string | undefined): Promise<string | undefined> {
  const client = new KinesisClient(profile === undefined ? {} : { profile });
  try {
    return await client.config.region();
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}
