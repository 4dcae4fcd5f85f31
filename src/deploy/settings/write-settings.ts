import { durationText } from './readings.ts';
import { deployDefaults, type DeploySettings } from './settings.ts';

/**
 * The file of settings, with what each is for, to be committed: it holds no secret. What nobody has
 * chosen stands there as a comment, so that a newer Helios may choose better.
 */
export function settingsText(settings: DeploySettings): string {
  return [
    '# What Helios has in an AWS account: helios deploy makes it so. There are no secrets in here,',
    '# so commit it.',
    '',
    '# Everything in AWS is named by it. Never change it: that would be another Helios.',
    `name: ${settings.name}`,
    `region: ${settings.region}`,
    ...optional('profile', settings.profile, 'team', 'Of ~/.aws/config; that of AWS_PROFILE else.'),
    '',
    ...machineLines(settings),
    '',
    ...dataLines(settings),
    '',
    ...promiseLines(settings),
    '',
  ].join('\n');
}

function machineLines({ size, compute, diskGb }: DeploySettings): readonly string[] {
  return [
    '# small has 2 GB of memory, medium 4, large 8.',
    ...chosen('size', size, deployDefaults.size),
    '# ec2: one machine. fargate: a container, some $24 a month more.',
    ...chosen('compute', compute, deployDefaults.compute),
    ...chosen('disk_gb', String(diskGb), String(deployDefaults.diskGb)),
  ];
}

function dataLines(settings: DeploySettings): readonly string[] {
  const { newStream, domain, network, dataBucket } = settings;
  return [
    '# Streams of Kinesis to read. key: the KMS key of a stream that has one of yours.',
    ...group('streams', settings.streams.flatMap(streamLines), [
      '  - arn: arn:aws:kinesis:eu-central-1:111122223333:stream/clicks',
    ]),
    '',
    '# A stream to be made.',
    ...group(
      'new_stream',
      newStream && [`  name: ${newStream.name}`, `  shards: ${newStream.shards}`],
      ['  name: events', '  shards: 1'],
    ),
    '',
    '# An address of your own. The certificate is one of ACM in us-east-1, wherever Helios is;',
    '# with hosted_zone, of Route 53, the name is made to lead there.',
    ...group('domain', domain && domainLines(domain), [
      '  name: events.example.com',
      '  certificate: arn:aws:acm:us-east-1:111122223333:certificate/…',
      '  hosted_zone: Z0123456789ABC',
    ]),
    '',
    '# A network that is there already, where a cluster of MSK is. The subnets are public ones.',
    ...group('network', network && networkLines(network), [
      '  vpc: vpc-0a1b2c3d',
      '  subnets: [subnet-0a1b2c3d]',
      '  security_groups: [sg-0a1b2c3d]',
      '  msk_clusters: [arn:aws:kafka:eu-central-1:111122223333:cluster/clicks/…]',
    ]),
    '',
    ...optional(
      'bucket',
      dataBucket,
      'helios-NAME-ACCOUNT-REGION',
      'A bucket that an earlier Helios left: this one goes on from what is in it.',
    ),
  ];
}

function promiseLines(settings: DeploySettings): readonly string[] {
  const { ackIntervalMs, stateIntervalMs, logDays, alarmEmail } = settings;
  const { ackIntervalMs: ackMs, stateIntervalMs: stateMs } = deployDefaults;
  return [
    '# How long requests gather for one object of S3 until they are answered, and how often what',
    '# was done is put there. Each put costs: docs/costs.md.',
    ...chosen('ack_interval', durationText(ackIntervalMs), durationText(ackMs)),
    ...chosen('state_interval', durationText(stateIntervalMs), durationText(stateMs)),
    '',
    ...chosen('log_days', String(logDays), String(deployDefaults.logDays)),
    ...optional('alarm_email', alarmEmail, 'team@example.com', 'Gets a mail per alarm.'),
  ];
}

function chosen(key: string, value: string, fallback: string): readonly string[] {
  return [value === fallback ? `# ${key}: ${fallback}` : `${key}: ${value}`];
}

function optional(
  key: string,
  value: string | undefined,
  example: string,
  words: string,
): readonly string[] {
  return [`# ${words}`, value === undefined ? `# ${key}: ${example}` : `${key}: ${quoted(value)}`];
}

function group(
  key: string,
  lines: readonly string[] | undefined,
  example: readonly string[],
): readonly string[] {
  if (lines === undefined || lines.length === 0) {
    return [`${key}:`, ...example].map((line) => `# ${line}`);
  }
  return [`${key}:`, ...lines];
}

function streamLines({ arn, keyArn }: DeploySettings['streams'][number]): readonly string[] {
  return [`  - arn: ${arn}`, ...(keyArn === undefined ? [] : [`    key: ${keyArn}`])];
}

function domainLines(domain: NonNullable<DeploySettings['domain']>): readonly string[] {
  return [
    `  name: ${domain.name}`,
    `  certificate: ${domain.certificateArn}`,
    ...(domain.hostedZoneId === undefined ? [] : [`  hosted_zone: ${domain.hostedZoneId}`]),
  ];
}

function networkLines(network: NonNullable<DeploySettings['network']>): readonly string[] {
  return [
    `  vpc: ${network.vpc}`,
    ...lists('subnets', network.subnets),
    ...lists('security_groups', network.securityGroups),
    ...lists('msk_clusters', network.mskClusterArns),
  ];
}

function lists(key: string, values: readonly string[]): readonly string[] {
  return values.length === 0 ? [] : [`  ${key}:`, ...values.map((value) => `    - ${value}`)];
}

/** A profile may be called anything, `true` and `1e5` too. */
function quoted(value: string): string {
  return /^[a-z][\w@.-]*$/i.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value)
    ? value
    : JSON.stringify(value);
}
