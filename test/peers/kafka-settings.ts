import { join } from 'node:path';
import type { KafkaCertificates } from './kafka-certificates.ts';

export type KafkaPorts = Readonly<Record<keyof typeof kafkaListeners | 'controller', number>>;

/** Kafka's names of the listeners. */
export const kafkaListeners = {
  plaintext: 'PLAINTEXT',
  saslPlaintext: 'SASL_PLAINTEXT',
  saslSsl: 'SASL_SSL',
  ssl: 'SSL',
  proxied: 'PROXIED',
} as const;

/**
 * Who may come in through the SASL listeners. PLAIN: admin, alice. SCRAM: scram, by both
 * mechanisms. OAUTHBEARER: whoever brings an unsecured JWT (`alg: none`) with `sub` and `exp`.
 */
export const kafkaUsers = {
  admin: { mechanism: 'PLAIN', password: 'admin-secret' },
  alice: { mechanism: 'PLAIN', password: 'alice-secret' },
  scram: { mechanism: 'SCRAM-SHA-256 and SCRAM-SHA-512', password: 'scram-secret' },
} as const;

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'];

export type KafkaSettings = {
  readonly ports: KafkaPorts;
  readonly certificates: KafkaCertificates;
  readonly folder: string;
  /** Where clients that come in by the listener `proxied` are sent: a proxy in front of it. */
  readonly proxyPort?: number;
  readonly properties?: Readonly<Record<string, string>>;
};

/** The text of a broker's server.properties. */
export function serverProperties(settings: KafkaSettings): string {
  const entries = {
    ...listeners(settings.ports, settings.proxyPort ?? settings.ports.proxied),
    ...authentication(),
    ...encryption(settings.certificates),
    ...smallness,
    'log.dirs': join(settings.folder, 'data'),
    ...settings.properties,
  };
  return Object.entries(entries)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

function listeners(ports: KafkaPorts, proxyPort: number): Record<string, string> {
  const names = Object.entries({ ...kafkaListeners, controller: 'CONTROLLER' } as const);
  const protocols = names.map(([, name]) => {
    return `${name}:${name === 'CONTROLLER' || name === 'PROXIED' ? 'PLAINTEXT' : name}`;
  });
  const addresses = (known: KafkaPorts): readonly string[] => [
    `PLAINTEXT://127.0.0.1:${known.plaintext}`,
    `SASL_PLAINTEXT://127.0.0.1:${known.saslPlaintext}`,
    `SASL_SSL://127.0.0.1:${known.saslSsl}`,
    `SSL://127.0.0.1:${known.ssl}`,
    `PROXIED://127.0.0.1:${known.proxied}`,
  ];
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': protocols.join(','),
    listeners: [...addresses(ports), `CONTROLLER://127.0.0.1:${ports.controller}`].join(','),
    'advertised.listeners': addresses({ ...ports, proxied: proxyPort }).join(','),
  };
}

function authentication(): Record<string, string> {
  const entries: Record<string, string> = {
    'sasl.enabled.mechanisms': mechanisms.join(','),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS;User:admin',
    'allow.everyone.if.no.acl.found': 'true',
  };
  const common = 'org.apache.kafka.common.security';
  const users = (['admin', 'alice'] as const).map(
    (name) => `user_${name}="${kafkaUsers[name].password}"`,
  );
  const scram = `${common}.scram.ScramLoginModule required;`;
  const configurations = {
    plain: `${common}.plain.PlainLoginModule required ${users.join(' ')};`,
    'scram-sha-256': scram,
    'scram-sha-512': scram,
    oauthbearer: `${common}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
  };
  for (const listener of ['sasl_plaintext', 'sasl_ssl']) {
    for (const [mechanism, value] of Object.entries(configurations)) {
      entries[`listener.name.${listener}.${mechanism}.sasl.jaas.config`] = value;
    }
  }
  return entries;
}

function encryption(certificates: KafkaCertificates): Record<string, string> {
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': certificates.serverStore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': certificates.authority,
    'listener.name.ssl.ssl.client.auth': 'required',
  };
}

/** One node, few partitions of its own, quick cleaning. */
const smallness = {
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
  // A broker that comes back waits until its former self has timed out.
  'broker.session.timeout.ms': '2000',
  'broker.heartbeat.interval.ms': '250',
  'num.network.threads': '2',
  'num.io.threads': '2',
  'log.cleaner.backoff.ms': '200',
  'log.retention.check.interval.ms': '500',
  // Tests give their records old times.
  'log.retention.ms': '-1',
  'log.initial.task.delay.ms': '100',
};
