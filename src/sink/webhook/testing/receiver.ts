import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Received = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};

/** `break`: the connection ends without an answer; `hang`: nothing comes at all. */
export type Reply =
  | 'break'
  | 'hang'
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

/** A server on the loopback interface that notes what it is sent, and answers as it is told. */
export class Receiver implements AsyncDisposable {
  readonly received: Received[] = [];
  /** Of those that were sent `reply` so far; 200 unless told. */
  reply: (request: Received, index: number) => Reply | Promise<Reply> = () => ({ status: 200 });
  /** Requests that were under way at once. */
  atOnceMax = 0;
  #atOnce = 0;
  readonly #server: Server;
  #wakers: (() => void)[] = [];

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get bodies(): readonly string[] {
    return this.received.map(({ body }) => body);
  }

  get keys(): readonly (string | undefined)[] {
    return this.received.map(({ headers }) => headers['idempotency-key']?.toString());
  }

  /** Resolves when so many requests have come. */
  async until(count: number): Promise<void> {
    while (this.received.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wakers.push(resolve);
      await promise;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      this.atOnceMax = Math.max(this.atOnceMax, ++this.#atOnce);
      const received = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') };
      this.received.push(received);
      for (const wake of this.#wakers.splice(0)) wake();
      const reply = await this.reply(received, this.received.length - 1);
      if (reply === 'break') request.socket.destroy();
      if (typeof reply === 'string') return;
      response.writeHead(reply.status, reply.headers).end(reply.body ?? '');
    } catch (thrown) {
      // Who sent it has gone.
      response.destroy(thrown instanceof Error ? thrown : undefined);
    } finally {
      this.#atOnce -= 1;
    }
  }
}
