import type { KafkaAccess } from '../../../connection/kafka/kafka-access.ts';
import type { FetchAnswer } from '../fetch/fetch-answer.ts';
import { type Broker, FetchConnection } from '../fetch/fetch-connection.ts';
import type { FetchRequest } from '../fetch/fetch-request.ts';

/** A connection to each broker that is asked; requests to one go one after another. */
export class BrokerPool {
  readonly #access: KafkaAccess;
  readonly #open = new Map<number, { connection: FetchConnection; last: Promise<unknown> }>();

  constructor(access: KafkaAccess) {
    this.#access = access;
  }

  async fetch(nodeId: number, broker: Broker, request: FetchRequest): Promise<FetchAnswer> {
    let lane = this.#open.get(nodeId);
    if (lane === undefined) {
      const connection = new FetchConnection(this.#access, broker);
      lane = { connection, last: Promise.resolve() };
      this.#open.set(nodeId, lane);
    }
    const { connection, last } = lane;
    const answer = last.then(async () => await connection.fetch(request));
    // The next one waits for the end of this one, whatever that is.
    lane.last = answer.catch(() => undefined);
    return await answer;
  }

  async close(): Promise<void> {
    for (const { connection } of this.#open.values()) connection.close();
  }
}
