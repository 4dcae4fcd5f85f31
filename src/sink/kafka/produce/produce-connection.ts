import { Connection, type Writer } from '@platformatic/kafka';
import { HeliosError } from '../../../base/errors.ts';
import { breakageOf, guardConnection } from '../../../connection/kafka/guard-connection.ts';
import type { KafkaAccess } from '../../../connection/kafka/kafka-access.ts';
import type { Broker } from '../../../source/kafka/fetch/fetch-connection.ts';
import {
  initProducerApi,
  type ProduceAnswer,
  produceApi,
  type ProducerIdentity,
  type ProduceRequest,
  readInitProducerAnswer,
  readProduceAnswer,
  writeInitProducerRequest,
  writeProduceRequest,
} from './produce-request.ts';

/** One connection to one broker, made when it is needed, and anew after it broke. */
export class ProduceConnection {
  readonly broker: Broker;
  readonly #access: KafkaAccess;
  #opening: Promise<Connection> | undefined;

  constructor(access: KafkaAccess, broker: Broker) {
    this.#access = access;
    this.broker = broker;
  }

  /** Connects where that is not done yet. Fails, as the others, with the client's own errors. */
  async ready(): Promise<void> {
    await this.#open();
  }

  async produce(request: ProduceRequest): Promise<ProduceAnswer> {
    return await this.#ask(produceApi, () => writeProduceRequest(request), readProduceAnswer);
  }

  async initProducer(): Promise<ProducerIdentity> {
    return await this.#ask(initProducerApi, writeInitProducerRequest, readInitProducerAnswer);
  }

  /** At once: requests under way fail. */
  close(): void {
    const opening = this.#opening;
    this.#opening = undefined;
    opening?.then(
      (connection) => connection.socket.destroy(),
      () => undefined,
    );
  }

  async #ask<T>(
    api: { readonly key: number; readonly version: number },
    write: () => Writer,
    read: (bytes: Buffer) => T,
  ): Promise<T> {
    const connection = await this.#open();
    try {
      return await send(connection, api, { write, read });
    } catch (thrown) {
      this.close();
      throw breakageOf(connection) ?? thrown;
    }
  }

  async #open(): Promise<Connection> {
    const current = this.#opening;
    const opened = await current?.catch(() => undefined);
    if (opened?.isConnected() === true) return opened;
    // Whoever comes first makes the new one, for all who wait.
    if (this.#opening === current) this.#opening = undefined;
    return await (this.#opening ??= this.#connect());
  }

  async #connect(): Promise<Connection> {
    await this.#access.refresh();
    const { clientId, ...options } = this.#access.client;
    const connection = new Connection(clientId, options);
    guardConnection(connection);
    await connection.connect(this.broker.host, this.broker.port);
    return connection;
  }
}

async function send<T>(
  connection: Connection,
  api: { readonly key: number; readonly version: number },
  { write, read }: { readonly write: () => Writer; readonly read: (bytes: Buffer) => T },
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  connection.send<T>(
    api.key,
    api.version,
    write,
    (_correlationId, _apiKey, _apiVersion, reader) => read(reader.buffer.slice(reader.position)),
    false,
    false,
    (error, answer) => {
      if (error !== null) reject(error);
      else if (answer === undefined) reject(new HeliosError('unreachable', 'No answer came.'));
      else resolve(answer);
    },
  );
  return await promise;
}
