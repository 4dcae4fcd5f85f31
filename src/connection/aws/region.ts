import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeliosError, systemCode } from '../../base/errors.ts';
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
    (await regionOfProfile(request.profile, environment));
  if (known !== undefined && known !== '') return known;
  throw new HeliosError('invalid_config', 'The AWS region is not known.', {
    hint: 'Set aws_region (for Kafka: auth.region), such as eu-central-1, or AWS_REGION.',
  });
}

/** `eu-central-1` of `arn:aws:kinesis:eu-central-1:123456789012:stream/clicks`. */
function regionOfArn(arn: string | undefined): string | undefined {
  const region = /^arn:[^:]*:[^:]*:([^:]*):/.exec(arn ?? '')?.[1];
  return region === '' ? undefined : region;
}

type Environment = ConnectionContext['environment'];

/**
 * The SDK could say it too, but keeps what the files said when it first looked, for as long as the
 * process lives.
 */
async function regionOfProfile(
  profile: string | undefined,
  environment: Environment,
): Promise<string | undefined> {
  const name = profile ?? environment['AWS_PROFILE'] ?? 'default';
  const home = environment['HOME'] ?? environment['USERPROFILE'] ?? '';
  const files = [
    environment['AWS_CONFIG_FILE'] ?? join(home, '.aws', 'config'),
    environment['AWS_SHARED_CREDENTIALS_FILE'] ?? join(home, '.aws', 'credentials'),
  ];
  for (const file of files) {
    const region = regionIn(await textOf(file), name);
    if (region !== undefined) return region;
  }
  return undefined;
}

/** `region = …` below `[profile NAME]` or `[NAME]`. */
function regionIn(text: string, profile: string): string | undefined {
  let section: string | undefined;
  for (const line of text.split('\n')) {
    const header = /^\s*\[\s*(?:profile\s+)?([^\]]+?)\s*\]/.exec(line)?.[1];
    if (header !== undefined) section = header.replaceAll(/["']/g, '');
    const region = /^region\s*=\s*(\S+)/.exec(line)?.[1];
    if (region !== undefined && section === profile) return region;
  }
  return undefined;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return '';
    throw thrown;
  }
}
