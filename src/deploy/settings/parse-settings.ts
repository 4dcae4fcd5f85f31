import { HeliosError } from '../../base/errors.ts';
import { Fields, type FileProblem } from './fields.ts';
import {
  accountArn,
  address,
  domainName,
  duration,
  identifier,
  oneOf,
  oneOfDays,
  stackNameText,
  text,
  wholeNumber,
} from './readings.ts';
import {
  deployDefaults,
  type DeploySettings,
  type NewStream,
  type OwnDomain,
  type OwnNetwork,
  type ReadStream,
} from './settings.ts';

/**
 * Reads what `settingsText` writes, or what a person made of it. Throws `invalid_config` with the
 * place of the first thing that is wrong, and says all of them, each with its line.
 */
export async function parseSettings(file: {
  readonly name: string;
  readonly text: string;
}): Promise<DeploySettings> {
  const { isMap, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ message, pos: [start] }) => {
      const { line, col: column } = lines.linePos(start);
      return { message: `this is not YAML: ${message}`, position: { line, column, length: 1 } };
    });
    throw failed(file.name, problems);
  }
  const problems: FileProblem[] = [];
  const { contents } = document;
  if (contents !== null && !isMap(contents)) {
    const position = { line: 1, column: 1, length: 1 };
    throw failed(file.name, [
      { message: 'the file must hold settings, each as KEY: VALUE', position },
    ]);
  }
  const fields = new Fields(contents ?? undefined, '', { lines, problems });
  const settings = settingsOf(fields);
  if (settings === undefined || problems.length > 0) throw failed(file.name, problems);
  return settings;
}

/** Undefined only where a problem was noted. */
function settingsOf(fields: Fields): DeploySettings | undefined {
  const name = fields.need('name', stackNameText, 'analytics');
  const region = fields.need('region', identifier('a region such as eu-central-1'), 'eu-central-1');
  const defaults = deployDefaults;
  const rest = {
    profile: fields.read('profile', text),
    size: fields.read('size', oneOf('small', 'medium', 'large')) ?? defaults.size,
    compute: fields.read('compute', oneOf('ec2', 'fargate')) ?? defaults.compute,
    diskGb: fields.read('disk_gb', wholeNumber(10, 16_000)) ?? defaults.diskGb,
    streams: streamsOf(fields),
    newStream: newStreamOf(fields.map('new_stream')),
    domain: domainOf(fields.map('domain')),
    network: networkOf(fields.map('network')),
    dataBucket: fields.read('bucket', identifier('the name of a bucket')),
    ackIntervalMs: fields.read('ack_interval', duration(50, 60_000)) ?? defaults.ackIntervalMs,
    stateIntervalMs:
      fields.read('state_interval', duration(1_000, 3_600_000)) ?? defaults.stateIntervalMs,
    logDays: fields.read('log_days', oneOfDays) ?? defaults.logDays,
    alarmEmail: fields.read('alarm_email', address),
  };
  fields.end();
  return name === undefined || region === undefined ? undefined : { name, region, ...rest };
}

function streamsOf(fields: Fields): readonly ReadStream[] {
  return fields.maps('streams').flatMap((stream) => {
    const arn = stream.need(
      'arn',
      accountArn('kinesis', 'stream/'),
      'arn:aws:kinesis:eu-central-1:111122223333:stream/clicks',
    );
    const keyArn = stream.read('key', accountArn('kms', 'key/'));
    stream.end();
    return arn === undefined ? [] : [{ arn, keyArn }];
  });
}

function newStreamOf(fields: Fields | undefined): NewStream | undefined {
  const name = fields?.need('name', identifier('the name of a stream'), 'events');
  const shards = fields?.read('shards', wholeNumber(1, 500)) ?? 1;
  fields?.end();
  return name === undefined ? undefined : { name, shards };
}

function domainOf(fields: Fields | undefined): OwnDomain | undefined {
  const name = fields?.need('name', domainName, 'events.example.com');
  const certificateArn = fields?.need(
    'certificate',
    accountArn('acm', 'certificate/', 'us-east-1'),
    'arn:aws:acm:us-east-1:111122223333:certificate/…',
  );
  const hostedZoneId = fields?.read('hosted_zone', identifier('the id of a zone of Route 53'));
  fields?.end();
  if (name === undefined || certificateArn === undefined) return undefined;
  return { name, certificateArn, hostedZoneId };
}

function networkOf(fields: Fields | undefined): OwnNetwork | undefined {
  const vpc = fields?.need('vpc', identifier('the id of a VPC', 'vpc-'), 'vpc-0a1b2c3d');
  const subnets = fields?.list('subnets', identifier('the id of a subnet', 'subnet-')) ?? [];
  if (subnets.length === 0) fields?.need('subnets', text, '[subnet-0a1b2c3d]');
  const groups = fields?.list('security_groups', identifier('the id of a group', 'sg-')) ?? [];
  const clusters = fields?.list('msk_clusters', accountArn('kafka', 'cluster/')) ?? [];
  fields?.end();
  if (vpc === undefined) return undefined;
  return { vpc, subnets, securityGroups: groups, mskClusterArns: clusters };
}

function failed(fileName: string, problems: readonly FileProblem[]): HeliosError {
  const ordered = problems.toSorted(
    ({ position: one }, { position: other }) => one.line - other.line || one.column - other.column,
  );
  const lines = ordered.map(({ message, position }) => `${fileName}:${position.line}: ${message}.`);
  return new HeliosError('invalid_config', lines.join('\n'), {
    hint: 'helios configure writes this file anew.',
    position: ordered[0]?.position,
    details: { errors: ordered },
  });
}
