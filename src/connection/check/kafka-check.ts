import { Consumer, Admin, type ClusterMetadata } from '@platformatic/kafka';
import { HeliosError } from '../../base/errors.ts';
import type { PlainOptions } from '../context.ts';
import type { KafkaPlace } from '../failure/kafka-failure.ts';
import { withOthers } from '../failure/missing-stream.ts';
import { describeRemoteError } from '../failure/remote-error.ts';
import {
  guardClient,
  type KafkaAccess,
  resolveKafkaAccess,
  usesTls,
} from '../kafka/kafka-access.ts';
import { optionValue } from '../option-value.ts';
import { checkedOptions } from './check-options.ts';
import { findRecord, type FoundRecord } from './kafka-record.ts';
import { counted } from './counted.ts';
import { type Address, addressText, probeName, probeSocket, probeTls, reachAny } from './reach.ts';
import { namesRegistry, RegistryCheck } from './registry-check.ts';
import type { Stage, StageResult } from './stages.ts';
import type { CheckPlace } from './test-connection.ts';

/** The steps of a test of a Kafka connection; each needs what those before it found. */
export class KafkaCheck implements AsyncDisposable {
  readonly #written: PlainOptions;
  readonly #place: CheckPlace;
  #options: PlainOptions = {};
  #access: KafkaAccess | undefined;
  #reachable: readonly Address[] = [];
  #clients: { readonly admin: Admin; readonly consumer: Consumer } | undefined;
  #topics: readonly string[] = [];
  #record: FoundRecord | undefined;
  readonly #registry: RegistryCheck;

  constructor(written: PlainOptions, place: CheckPlace) {
    this.#written = written;
    this.#place = place;
    this.#registry = new RegistryCheck(() => this.#options, place);
  }

  get stages(): readonly Stage[] {
    return [
      { step: 'options', run: () => this.#resolve() },
      { step: 'dns', run: () => this.#lookUp() },
      { step: 'tcp', run: () => this.#connect() },
      { step: 'tls', run: () => this.#shakeHands() },
      { step: 'authentication', run: () => this.#authenticate() },
      { step: 'authorisation', run: () => this.#authorise() },
      { step: 'describe', run: () => this.#describe() },
      { step: 'read', run: () => this.#read() },
      ...(namesRegistry(this.#written) ? this.#registry.stages : []),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const clients = this.#clients;
    if (clients === undefined) return;
    // A client that can't be closed in order has nothing open that would matter.
    await Promise.allSettled([clients.admin.close(), clients.consumer.close(true)]);
  }

  async #resolve(): Promise<StageResult> {
    this.#options = checkedOptions('kafka', this.#written);
    const access = await resolveKafkaAccess(this.#options, this.#place.context);
    this.#access = access;
    for (const name of ['auth.username', 'auth.password', 'auth.token']) {
      await optionValue(this.#options, name, this.#place.context.secrets);
    }
    const count = access.client.bootstrapBrokers.length;
    const brokers = count === 1 ? '1 broker' : `${count} brokers`;
    const transport = usesTls(this.#options) ? 'TLS' : 'no TLS';
    const message = `${access.mechanism ?? 'No SASL'}, ${transport}, ${brokers} to begin with.`;
    return { outcome: 'ok', message };
  }

  async #lookUp(): Promise<StageResult> {
    const { texts, good, failures } = await reachAny(this.#bootstrap, probeName);
    this.#reachable = good;
    return ok([...new Set(texts)].join('; '), failures);
  }

  async #connect(): Promise<StageResult> {
    const { signal } = this.#place;
    const reached = await reachAny(this.#reachable, (address) => probeSocket(address, signal));
    this.#reachable = reached.good;
    return ok(`Connected to ${reached.texts.join(', ')}`, reached.failures);
  }

  async #shakeHands(): Promise<StageResult> {
    if (!usesTls(this.#options)) {
      return { outcome: 'skipped', message: 'The connection is without TLS.' };
    }
    const { tls, tlsServerName: name } = this.#required.client;
    const { signal, context } = this.#place;
    const probe = {
      material: materialOf(tls),
      serverName: typeof name === 'string' ? name : undefined,
      caOption: 'tls.ca',
      clock: context.clock,
    };
    const reached = await reachAny(this.#reachable, (address) => probeTls(address, probe, signal));
    return ok([...new Set(reached.texts)].join(' | '), reached.failures);
  }

  /** Asks for the brokers, which whoever is let in may know. */
  async #authenticate(): Promise<StageResult> {
    const { client, mechanism } = this.#required;
    const bootstrapBrokers = this.#reachable.map(addressText);
    const options = { ...client, bootstrapBrokers, retries: 0 };
    const admin = new Admin(options);
    const consumer = new Consumer({ ...options, groupId: 'helios-connection-test' });
    for (const made of [admin, consumer]) guardClient(made);
    this.#clients = { admin, consumer };
    await this.#try({}, async () => await admin.metadata({ topics: [] }));
    const certificate = this.#options['tls.cert'] === undefined ? '' : "the client's certificate";
    const taken = mechanism ?? (certificate === '' ? undefined : certificate);
    return taken === undefined
      ? { outcome: 'ok', message: 'The broker lets everybody in.' }
      : { outcome: 'ok', message: `The broker accepted ${taken}.` };
  }

  /** Lists what can be seen, and reads where there is something to read. */
  async #authorise(): Promise<StageResult> {
    const { admin, consumer } = this.#open;
    const { stream } = this.#place;
    const topics = await this.#try({}, async () => await admin.listTopics());
    this.#topics = topics.filter((topic) => !topic.startsWith('__'));
    if (stream === undefined && this.#topics.length === 0) {
      const message =
        'No topic can be seen: there is none, or this user may Describe none ' +
        '(kafka-acls --add --allow-principal User:NAME --operation Read --topic T).';
      return { outcome: 'skipped', message };
    }
    const candidates = stream === undefined ? this.#topics : [stream];
    const about = (topic: string) => this.#required.place({ topic, operation: 'Read' });
    try {
      this.#record = await findRecord(consumer, candidates, about);
    } catch (thrown) {
      throw withOthers(thrown, stream ?? '', this.#topics);
    }
    const may = this.#record === undefined ? 'Describe' : 'Describe and Read';
    const what = this.#record?.topic ?? candidates[0];
    return { outcome: 'ok', message: `This user may ${may} ${what}.` };
  }

  /** Brokers tell their own addresses, and these have to be reachable too. */
  async #describe(): Promise<StageResult> {
    const { admin } = this.#open;
    const { stream } = this.#place;
    const shown = stream ?? this.#record?.topic;
    const topics = shown === undefined ? [] : [shown];
    const place = shown === undefined ? {} : { topic: shown };
    const metadata = await this.#try(place, async () => await admin.metadata({ topics }));
    await this.#reachAdvertised(metadata);
    const parts = [counted(metadata.brokers.size, 'broker'), counted(this.#topics.length, 'topic')];
    const partitions = metadata.topics.get(shown ?? '')?.partitionsCount;
    if (partitions !== undefined) parts.push(`${shown} has ${counted(partitions, 'partition')}`);
    return { outcome: 'ok', message: `${parts.join(', ')}.` };
  }

  async #reachAdvertised(metadata: ClusterMetadata): Promise<void> {
    const { signal } = this.#place;
    const brokers = [...metadata.brokers.values()].slice(0, advertisedMax);
    const reached = await reachAny(brokers, (address) => probeSocket(address, signal));
    const [first] = reached.failures;
    if (first === undefined) return;
    throw new HeliosError('unreachable', `A broker advertises an address: ${first.message}`, {
      hint: 'Set advertised.listeners of the brokers to addresses that this machine can reach.',
    });
  }

  async #read(): Promise<StageResult> {
    const record = this.#record;
    if (record === undefined) {
      const message =
        this.#place.stream === undefined
          ? 'No topic that was looked at has a record to read.'
          : 'The topic has no record to read.';
      return Promise.resolve({ outcome: 'skipped', message });
    }
    const { topic, partition, offset, bytes, timestampMs } = record;
    const place = `${topic}, partition ${partition}, offset ${offset}`;
    const message = `${place}: ${bytes} bytes of ${timeText(timestampMs)}.`;
    return Promise.resolve({ outcome: 'ok', message });
  }

  get #bootstrap(): readonly Address[] {
    return this.#required.client.bootstrapBrokers.map(toAddress);
  }

  get #required(): KafkaAccess {
    if (this.#access !== undefined) return this.#access;
    throw new Error('The options come first.');
  }

  get #open(): { readonly admin: Admin; readonly consumer: Consumer } {
    if (this.#clients !== undefined) return this.#clients;
    throw new Error('The authentication comes first.');
  }

  async #try<T>(
    what: NonNullable<Parameters<KafkaAccess['place']>[0]>,
    action: () => Promise<T>,
  ): Promise<T> {
    try {
      return await action();
    } catch (thrown) {
      const place: KafkaPlace = this.#required.place(what);
      throw describeRemoteError(thrown, place);
    }
  }
}

/** Producers write what they like for a time. */
function timeText(timeMs: number): string {
  const time = new Date(timeMs);
  return Number.isNaN(time.getTime()) ? `the time ${timeMs}` : time.toISOString();
}

/** Of large clusters some are enough. */
const advertisedMax = 50;
const defaultPort = 9092;

function ok(text: string, failures: readonly HeliosError[]): StageResult {
  const others = failures.map(({ message }) => ` But: ${message}`).join('');
  return { outcome: 'ok', message: `${text}.${others}` };
}

function materialOf(tls: KafkaAccess['client']['tls']): {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
} {
  const { ca, cert, key } = tls ?? {};
  return {
    ...(typeof ca === 'string' ? { ca } : {}),
    ...(typeof cert === 'string' ? { cert } : {}),
    ...(typeof key === 'string' ? { key } : {}),
  };
}

/** Of `host`, `host:port`, `[::1]:port`, `::1`. */
function toAddress(broker: string): Address {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(broker) ?? [];
  const host = bracketed ?? plain ?? broker;
  return { host, port: port === undefined ? defaultPort : Number(port) };
}
