import { isIP } from 'node:net';
import type { Base, BaseOptions, SASLOptions } from '@platformatic/kafka';
import { awsCredentials } from '../aws/credentials.ts';
import { regionOf } from '../aws/region.ts';
import type { ConnectionContext, PlainOptions } from '../context.ts';
import type { KafkaOperation, KafkaPlace } from '../failure/kafka-failure.ts';
import { describeRemoteError } from '../failure/remote-error.ts';
import { optionValue } from '../option-value.ts';
import { guardConnection } from './guard-connection.ts';
import { mskToken } from './msk-token.ts';
import { checkBearerAnswer } from './bearer-answer.ts';
import { oauthToken } from './oauth-token.ts';
import { tlsMaterial } from './tls-material.ts';

/** What `Base`, `Admin`, `Consumer` and `Producer` take, besides what is their own. */
export type KafkaClientOptions = Pick<
  BaseOptions,
  'clientId' | 'connectTimeout' | 'requestTimeout' | 'sasl' | 'tls' | 'tlsServerName'
> & { readonly bootstrapBrokers: string[] };

export type KafkaAccess = {
  readonly client: KafkaClientOptions;
  /**
   * Looks the certificates up anew, for the connections that `client` makes from now on.
   * `secret_missing`, `invalid_config`.
   */
  readonly refresh: () => Promise<void>;
  /** For people: `SCRAM-SHA-512`, `AWS_MSK_IAM`; undefined: no SASL. */
  readonly mechanism: string | undefined;
  /** For `describeRemoteError`. */
  readonly place: (what?: {
    readonly topic?: string;
    readonly group?: string;
    readonly operation?: KafkaOperation;
  }) => KafkaPlace;
};

/**
 * How to reach a cluster, for clients of @platformatic/kafka. Names, passwords and tokens are
 * looked up at each authentication, so that rotated ones are found; certificates are looked up now,
 * and at each `refresh`. `secret_missing`, `invalid_config`.
 */
export async function resolveKafkaAccess(
  options: PlainOptions,
  context: ConnectionContext,
): Promise<KafkaAccess> {
  const { secrets } = context;
  const servers = (await optionValue(options, 'bootstrap_servers', secrets)) ?? '';
  const brokers = servers
    .split(',')
    .map(withoutProtocol)
    .filter((broker) => broker !== '');
  const clientId = (await optionValue(options, 'client.id', secrets)) ?? 'helios';
  const tls: TlsOptions = usesTls(options) ? await tlsOptions(options, brokers, context) : {};
  const sasl = await saslOf(options, context);
  const mechanism = mechanismOf(options);
  return {
    client: {
      clientId,
      bootstrapBrokers: brokers,
      connectTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      ...tls,
      ...(sasl === undefined ? {} : { sasl }),
    },
    refresh: async () => {
      // Clients hold this very object, and read it when they connect.
      if (tls.tls !== undefined) Object.assign(tls.tls, await tlsMaterial(options, context));
    },
    mechanism,
    place: (what = {}) => ({ kind: 'kafka', address: brokers.join(', '), mechanism, ...what }),
  };
}

/**
 * Keeps what brokers send to a client from ending the process, and tells what breaks each of its
 * connections; see `guardConnection`.
 */
export function guardClient(
  client: Pick<Base, 'connections'>,
  onBreakage: (error: unknown) => void = () => undefined,
): void {
  client.connections.on('connecting', ({ connection }) => {
    guardConnection(connection);
    connection.on('error', onBreakage);
  });
}

/** Whether the connection is over TLS; a password never goes in the clear unless that is said. */
export function usesTls(options: PlainOptions): boolean {
  const protocol = options['auth.protocol'];
  if (protocol !== undefined) return protocol.endsWith('SSL');
  if ((options['auth.type'] ?? 'none') !== 'none') return true;
  return Object.keys(options).some((name) => name.startsWith('tls.'));
}

type TlsOptions = Pick<KafkaClientOptions, 'tls' | 'tlsServerName'>;

const connectTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;

/** `host:port` of `SASL_SSL://host:port`, as consoles of brokers show it. */
function withoutProtocol(server: string): string {
  return server.trim().replace(/^[A-Za-z_]+:\/\//, '');
}

function mechanismOf(options: PlainOptions): string | undefined {
  const type = options['auth.type'] ?? 'none';
  if (type === 'none') return undefined;
  return type === 'aws_msk_iam' ? 'AWS_MSK_IAM' : options['auth.mechanism'];
}

async function tlsOptions(
  options: PlainOptions,
  brokers: readonly string[],
  context: ConnectionContext,
): Promise<TlsOptions> {
  const given = await optionValue(options, 'tls.server_name', context.secrets);
  // Clouds tell clusters apart by the name in the handshake; addresses have no name to tell.
  const hasNames = brokers.some((broker) => isIP(hostOf(broker)) === 0);
  return {
    tls: { ...(await tlsMaterial(options, context)) },
    ...(given === undefined && !hasNames ? {} : { tlsServerName: given ?? true }),
  };
}

function hostOf(broker: string): string {
  return broker.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

async function saslOf(
  options: PlainOptions,
  context: ConnectionContext,
): Promise<SASLOptions | undefined> {
  const { secrets } = context;
  const mechanism = mechanismOf(options);
  const valueOf = async (name: string): Promise<string> =>
    (await optionValue(options, name, secrets)) ?? '';
  switch (mechanism) {
    case undefined:
      return undefined;
    case 'AWS_MSK_IAM':
      return bearer(await iamTokens(options, context));
    case 'OAUTHBEARER': {
      const isGiven = options['auth.token'] !== undefined;
      const token = isGiven
        ? async () => await valueOf('auth.token')
        : async () => await oauthToken(options, context);
      return bearer(token, extensionsOf(await valueOf('auth.oauth.extensions')));
    }
    default:
      return {
        mechanism: saslMechanism(mechanism),
        username: async () => await valueOf('auth.username'),
        password: async () => await valueOf('auth.password'),
      };
  }
}

function saslMechanism(mechanism: string): SASLOptions['mechanism'] {
  switch (mechanism) {
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512':
      return mechanism;
    default:
      return 'PLAIN';
  }
}

function bearer(
  token: () => Promise<string>,
  extensions: Readonly<Record<string, string>> = {},
): SASLOptions {
  return {
    mechanism: 'OAUTHBEARER',
    token,
    authBytesValidator: checkBearerAnswer,
    ...(Object.keys(extensions).length === 0 ? {} : { oauthBearerExtensions: extensions }),
  };
}

async function iamTokens(
  options: PlainOptions,
  context: ConnectionContext,
): Promise<() => Promise<string>> {
  const { secrets, clock } = context;
  const given = await optionValue(options, 'auth.region', secrets);
  const profile = await optionValue(options, 'aws_profile', secrets);
  const region = await regionOf({ given, profile }, context);
  const credentials = awsCredentials(options, region, context);
  return async () => {
    try {
      return await mskToken(await credentials(), region, new Date(clock.nowMs()));
    } catch (thrown) {
      // The Kafka client would call it a refusal of the broker.
      throw describeRemoteError(thrown, { kind: 'aws', action: 'kafka-cluster:Connect', region });
    }
  };
}

/** `logicalCluster=lkc-1,identityPoolId=pool-1`, as Confluent Cloud wants them. */
function extensionsOf(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').flatMap((pair) => {
    const [name = '', value] = pair.trim().split('=', 2);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(pairs);
}
