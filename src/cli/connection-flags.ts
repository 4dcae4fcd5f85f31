import type { Command } from 'commander';
import { didYouMean } from '../base/did-you-mean.ts';
import { HeliosError } from '../base/errors.ts';
import { parseSecretReference } from '../sql/connector/secret-reference.ts';
import type { ConnectionBody } from '../server/api.ts';
import type { Scope } from './scope.ts';

/** The options of a connection as flags; all others go through `option`. */
export type ConnectionFlags = {
  readonly kind?: string;
  readonly bootstrapServers?: string;
  readonly mechanism?: string;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly profile?: string;
  readonly roleArn?: string;
  readonly externalId?: string;
  readonly option?: readonly string[];
};

export function withConnectionFlags(command: Command): Command {
  return command
    .option('--kind <kind>', 'kafka, confluent or kinesis')
    .option('--bootstrap-servers <list>', 'brokers as HOST:PORT,HOST:PORT')
    .option('--mechanism <name>', 'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, AWS_MSK_IAM')
    .option('--username <name>', 'the user, or the API key of Confluent Cloud')
    .option('--password <reference>', 'env:NAME, file:PATH, ssm:/path or secretsmanager:id#key')
    .option('--tls', 'over TLS: the default with a mechanism')
    .option('--no-tls', 'without TLS: passwords go in the clear')
    .option('--ca <file>', 'PEM file of the authority that signed the brokers')
    .option('--cert <file>', "PEM file of the client's certificate")
    .option('--key <file>', "PEM file of the certificate's key")
    .option('--region <name>', 'region of AWS, such as eu-central-1')
    .option('--endpoint <url>', 'another address of Kinesis, such as http://127.0.0.1:4567')
    .option('--profile <name>', 'profile of ~/.aws/config')
    .option('--role-arn <arn>', 'role of AWS to take on')
    .option('--external-id <text>', 'what the role asks for')
    .option(
      '-o, --option <name=value>',
      'any option of the SQL connector; repeat it',
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
    );
}

/** Kind and options of what was typed. `invalid_request`. */
export function connectionOf(scope: Scope, flags: ConnectionFlags): Omit<ConnectionBody, 'name'> {
  const kind = kindOf(flags);
  const named = kind === 'kinesis' ? kinesisOptions(flags) : kafkaOptions(scope, kind, flags);
  const options: Record<string, string> = {};
  for (const [name, value] of Object.entries(named)) {
    if (value !== undefined) options[name] = withWholePath(scope, value);
  }
  for (const text of flags.option ?? []) {
    const [, name, value] = /^([^=\s]+)\s*=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new HeliosError('invalid_request', 'An option is not written as NAME=VALUE.', {
        hint: 'For example: -o tls.server_name=kafka.internal.',
      });
    }
    options[name] = withWholePath(scope, value.trim());
  }
  return { kind, options };
}

const kinds = ['kafka', 'confluent', 'kinesis'] as const;

function kindOf(flags: ConnectionFlags): ConnectionBody['kind'] {
  if (flags.kind === undefined) {
    if (flags.bootstrapServers !== undefined) return 'kafka';
    throw new HeliosError('invalid_request', 'The kind of the connection is missing.', {
      hint: 'Give --kind kafka, --kind confluent or --kind kinesis.',
    });
  }
  const written = flags.kind.toLowerCase();
  const kind = kinds.find((known) => known === written);
  if (kind !== undefined) return kind;
  const near = didYouMean(written, kinds);
  throw new HeliosError('invalid_request', `There are no connections of the kind ${flags.kind}.`, {
    hint: near === undefined ? `There are: ${kinds.join(', ')}.` : `Did you mean ${near}?`,
  });
}

type Options = Readonly<Record<string, string | undefined>>;

function kinesisOptions(flags: ConnectionFlags): Options {
  refuse(flags, ['bootstrapServers', 'mechanism', 'username', 'password', 'tls', 'ca', 'cert']);
  return {
    aws_region: flags.region,
    aws_endpoint: flags.endpoint,
    aws_profile: flags.profile,
    role_arn: flags.roleArn,
    external_id: flags.externalId,
  };
}

function kafkaOptions(scope: Scope, kind: 'kafka' | 'confluent', flags: ConnectionFlags): Options {
  refuse(flags, ['endpoint']);
  const mechanism = flags.mechanism?.toUpperCase().replaceAll('_', '-');
  const isIam = mechanism === 'AWS-MSK-IAM';
  const isConfluent = kind === 'confluent';
  const type = isIam ? 'aws_msk_iam' : 'sasl';
  return {
    bootstrap_servers: flags.bootstrapServers,
    'auth.type': mechanism === undefined ? undefined : type,
    'auth.mechanism': isIam ? undefined : mechanism,
    'auth.protocol': protocolOf(flags),
    [isConfluent ? 'key' : 'auth.username']: flags.username,
    [isConfluent ? 'secret' : 'auth.password']: flags.password,
    'auth.region': flags.region,
    'tls.ca': asFile(scope, flags.ca),
    'tls.cert': asFile(scope, flags.cert),
    'tls.key': asFile(scope, flags.key),
    aws_profile: flags.profile,
    role_arn: flags.roleArn,
    external_id: flags.externalId,
  };
}

function protocolOf({ tls, mechanism }: ConnectionFlags): string | undefined {
  if (tls === undefined) return undefined;
  const name = tls ? 'SSL' : 'PLAINTEXT';
  return mechanism === undefined ? name : `SASL_${name}`;
}

function refuse(flags: ConnectionFlags, names: readonly (keyof ConnectionFlags)[]): void {
  const wrong = names.find((name) => flags[name] !== undefined);
  if (wrong === undefined) return;
  const flag = wrong.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new HeliosError('invalid_request', `--${flag} has no meaning for this kind.`, {
    hint: 'Leave it out, or choose another --kind.',
  });
}

/** A file is given as it is typed; the server has another working directory. */
function asFile(scope: Scope, typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined;
  const isReference = parseSecretReference(typed) !== undefined;
  return isReference ? typed : `file:${scope.path(typed)}`;
}

/** A reference to a file is given as it is typed; others read it from other folders. */
export function withWholePath(scope: Scope, value: string): string {
  const reference = parseSecretReference(value);
  return reference?.kind === 'file' ? `file:${scope.path(reference.path)}` : value;
}
