import { HeliosError } from '../../base/errors.ts';
import { regionOf } from '../../connection/aws/region.ts';
import {
  deployDefaults,
  type DeployCompute,
  type DeploySettings,
  type DeploySize,
  namePattern,
} from '../../deploy/settings/settings.ts';
import { type Asker, createAsker } from '../connect/asker.ts';
import type { Scope } from '../scope.ts';
import { isAsked, type SettingsFlags } from './settings-flags.ts';
import { loadIfThere } from './settings-file.ts';

/**
 * What the file says, with the flags over it; where there is no file, three questions, each of
 * which a flag answers too.
 */
export async function settingsOfDeploy(
  scope: Scope,
  flags: SettingsFlags & { readonly yes?: boolean; readonly addStream?: readonly string[] },
): Promise<DeploySettings> {
  const written = await loadIfThere(scope, flags.file);
  const base = written ?? (await askedSettings(scope, flags, flags.yes === true));
  const settings = written === undefined ? base : withFlags(base, flags);
  return withStreams(settings, flags.addStream ?? []);
}

/** By flags and at most three questions: the name, the region, the streams. */
export async function askedSettings(
  scope: Scope,
  flags: SettingsFlags,
  isYes: boolean,
): Promise<DeploySettings> {
  const answers = { name: flags.name, region: flags.region, stream: flags.stream?.join(',') };
  const asker = createAsker(scope, answers, isAsked(scope, isYes), 'anything was made');
  const name = await asker.text({
    flag: 'name',
    message: 'What is it called? (names the stack, helios-NAME, and all in it)',
    initial: 'events',
    problem: (answer) =>
      namePattern.test(answer)
        ? undefined
        : 'It has 2 to 24 small letters, digits and -, and begins with a letter.',
  });
  const region = await asker.text({
    flag: 'region',
    message: 'In which AWS region?',
    initial: await usualRegion(scope, flags.profile),
    example: 'eu-central-1',
    problem: regionProblem,
  });
  const streams = await askedStreams(asker);
  const base = { ...deployDefaults, name, region, streams };
  return withFlags(base, { ...flags, name, region });
}

/** Flags over what was known. */
export function withFlags(base: DeploySettings, flags: SettingsFlags): DeploySettings {
  const { stream, newStream, domain, certificate, hostedZone } = flags;
  const given = {
    name: flags.name,
    region: flags.region,
    profile: flags.profile,
    size: oneOf('size', sizes, flags.size),
    compute: oneOf('compute', computes, flags.compute),
    diskGb: flags.diskGb,
    dataBucket: flags.dataBucket,
    alarmEmail: flags.alarmEmail,
    newStream: newStream === undefined ? undefined : { name: newStream, shards: 1 },
    domain: ownDomain(domain, certificate, hostedZone),
  };
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  const settings: DeploySettings = { ...base, ...Object.fromEntries(known) };
  return withStreams(settings, stream ?? []);
}

function withStreams(settings: DeploySettings, arns: readonly string[]): DeploySettings {
  const known = new Set(settings.streams.map(({ arn }) => arn));
  const added = [...new Set(arns)].filter((arn) => !known.has(arn));
  for (const arn of added) {
    const problem = streamProblem(arn);
    if (problem !== undefined) throw new HeliosError('invalid_request', problem);
  }
  return { ...settings, streams: [...settings.streams, ...added.map((arn) => ({ arn }))] };
}

const sizes: readonly DeploySize[] = ['small', 'medium', 'large'];
const computes: readonly DeployCompute[] = ['ec2', 'fargate'];

function oneOf<T extends string>(
  flag: string,
  choices: readonly T[],
  value: string | undefined,
): T | undefined {
  if (value === undefined) return undefined;
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new HeliosError(
    'invalid_request',
    `--${flag} ${value} is not one of ${choices.join(', ')}.`,
  );
}

function ownDomain(
  name: string | undefined,
  certificateArn: string | undefined,
  hostedZoneId: string | undefined,
): DeploySettings['domain'] {
  if (name === undefined && certificateArn === undefined && hostedZoneId === undefined) {
    return undefined;
  }
  if (name !== undefined && certificateArn !== undefined) {
    return { name, certificateArn, ...(hostedZoneId === undefined ? {} : { hostedZoneId }) };
  }
  throw new HeliosError('invalid_request', 'A domain takes --domain and --certificate, both.', {
    hint: 'The certificate is one of ACM in us-east-1, where CloudFront looks.',
  });
}

async function askedStreams(asker: Asker): Promise<DeploySettings['streams']> {
  const answer = await asker.text({
    flag: 'stream',
    message: 'Which Kinesis streams does it read? (ARNs, by comma; none: later, --add-stream)',
    initial: '',
    problem: (text) =>
      arnsIn(text)
        .map(streamProblem)
        .find((it) => it !== undefined),
  });
  return arnsIn(answer).map((arn) => ({ arn }));
}

function arnsIn(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

function streamProblem(arn: string): string | undefined {
  if (/^arn:aws[\w-]*:kinesis:[a-z0-9-]+:\d{12}:stream\/[\w.-]{1,128}$/.test(arn)) return undefined;
  return `${arn} is no ARN of a Kinesis stream: arn:aws:kinesis:REGION:ACCOUNT:stream/NAME.`;
}

function regionProblem(answer: string): string | undefined {
  return /^[a-z]{2}(-[a-z]+)+-\d$/.test(answer)
    ? undefined
    : `${JSON.stringify(answer)} is no region such as eu-central-1.`;
}

/** What AWS's own tools would take. */
async function usualRegion(scope: Scope, profile: string | undefined): Promise<string | undefined> {
  const { environment, homeDirectory } = scope.context;
  try {
    const known = { HOME: homeDirectory, ...environment };
    return await regionOf({ given: undefined, profile }, { environment: known });
  } catch (thrown) {
    if (thrown instanceof HeliosError && thrown.code === 'invalid_config') return undefined;
    throw thrown;
  }
}
