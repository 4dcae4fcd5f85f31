import { Connection, metadataV9 } from '@platformatic/kafka';
import type { KafkaAccess } from '../../../connection/kafka/kafka-access.ts';
import { breakageOf, guardConnection } from '../../../connection/kafka/guard-connection.ts';
import { HeliosError } from '../../../base/errors.ts';
import { clusterReplaced } from '../failures.ts';
import { readFetchAnswer, type FetchAnswer } from './fetch-answer.ts';
import { fetchVersionByEpoch, type FetchRequest, writeFetchRequest } from './fetch-request.ts';

const fetchApiKey = 1;

export type Broker = { readonly host: string; readonly port: number };

/**
 * One connection to one broker for fetching, made when it is needed, and anew after it broke. A
 * broker works on the requests of a connection one after another: one that waits for records holds
 * up those behind it.
 */
export class FetchConnection {
  readonly #access: KafkaAccess;
  readonly #broker: Broker;
  readonly #clusterId: string | undefined;
  #connection: Connection | undefined;

  /** With `clusterId`, nothing is read of a broker that belongs to another cluster. */
  constructor(access: KafkaAccess, broker: Broker, clusterId?: string) {
    this.#access = access;
    this.#broker = broker;
    this.#clusterId = clusterId;
  }

  /**
   * Fails with the client's own errors, with `corrupt_data` for what is no answer, and with
   * `source_replaced`.
   */
  async fetch(request: FetchRequest): Promise<FetchAnswer> {
    const connection = await this.#open();
    try {
      return await send(connection, request);
    } catch (thrown) {
      this.close();
      throw breakageOf(connection) ?? thrown;
    }
  }

  /** At once: a request under way fails. */
  close(): void {
    this.#connection?.socket?.destroy();
    this.#connection = undefined;
  }

  async #open(): Promise<Connection> {
    if (this.#connection?.isConnected() === true) return this.#connection;
    this.close();
    await this.#access.refresh();
    const { clientId, ...options } = this.#access.client;
    const connection = new Connection(clientId, options);
    guardConnection(connection);
    this.#connection = connection;
    try {
      await connection.connect(this.#broker.host, this.#broker.port);
      await this.#checkCluster(connection);
      return connection;
    } catch (thrown) {
      this.close();
      throw breakageOf(connection) ?? thrown;
    }
  }

  /** Whoever listens at the address now need not be who did before. */
  async #checkCluster(connection: Connection): Promise<void> {
    if (this.#clusterId === undefined) return;
    const { clusterId } = await metadataV9.api.async(connection, [], false);
    if ((clusterId ?? this.#clusterId) === this.#clusterId) return;
    const address = `${this.#broker.host}:${this.#broker.port}`;
    throw clusterReplaced(this.#clusterId, String(clusterId), address);
  }
}

async function send(connection: Connection, request: FetchRequest): Promise<FetchAnswer> {
  const { version } = request;
  const hasTags = version >= fetchVersionByEpoch;
  const { promise, resolve, reject } = Promise.withResolvers<FetchAnswer>();
  connection.send<FetchAnswer>(
    fetchApiKey,
    version,
    () => writeFetchRequest(request),
    (_correlationId, _apiKey, _apiVersion, reader) =>
      readFetchAnswer(version, reader.buffer.slice(reader.position)),
    hasTags,
    hasTags,
    (error, answer) => {
      if (error !== null) reject(error);
      else if (answer === undefined) reject(new HeliosError('unreachable', 'No answer to Fetch.'));
      else resolve(answer);
    },
  );
  return await promise;
}
