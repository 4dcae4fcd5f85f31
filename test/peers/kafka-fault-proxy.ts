import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What a broker answered to a request, before it is passed on. */
export type BrokerAnswer = {
  /** Kafka's number of the request's kind. */
  readonly apiKey: number;
  readonly version: number;
  /** The answer without its length, header included. May be changed in place. */
  readonly bytes: Buffer;
};

/** What becomes of an answer: bytes to send in its place, raw; or a wait before it is sent. */
export type AnswerFault =
  | undefined
  | { readonly kind: 'instead'; readonly bytes: Buffer }
  /** Nothing is sent, ever; the connection stays. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'late'; readonly until: Promise<unknown> };

export const fetchKey = 1;
export const metadataKey = 3;

/** Between a client and a broker: lies, answer by answer, as it is told. */
export class KafkaFaultProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target = 0;
  /** Asked for each answer of the broker. */
  fault: (answer: BrokerAnswer) => AnswerFault = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (client) => this.#join(client));
  }

  static async listen(): Promise<KafkaFaultProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new KafkaFaultProxy(server);
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('It does not listen.');
    return address.port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** `HOST:PORT`, where connections go from now on. */
  forwardTo(address: string): void {
    this.#target = Number(address.split(':')[1]);
  }

  /** Ends the connections that there are. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1');
    const kinds = new Map<number, { readonly apiKey: number; readonly version: number }>();
    const requests = new Frames((bytes) => {
      const kind = { apiKey: bytes.readInt16BE(0), version: bytes.readInt16BE(2) };
      kinds.set(bytes.readInt32BE(4), kind);
      server.write(framed(bytes));
    });
    // Answers stay in their order, also those that wait.
    let before: Promise<unknown> = Promise.resolve();
    const answers = new Frames((bytes) => {
      const kind = kinds.get(bytes.readInt32BE(0)) ?? { apiKey: -1, version: -1 };
      const fault = this.fault({ ...kind, bytes });
      if (fault?.kind === 'silence') return;
      before = before
        .then(async () => (fault?.kind === 'late' ? await fault.until : undefined))
        .then(() => client.write(fault?.kind === 'instead' ? fault.bytes : framed(bytes)));
    });
    client.on('data', (bytes: Buffer) => requests.push(bytes));
    server.on('data', (bytes: Buffer) => answers.push(bytes));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}

/** With its length before it. */
export function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** What a stream of bytes holds, each with its length before it. */
class Frames {
  readonly #onFrame: (bytes: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onFrame: (bytes: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  push(bytes: Buffer): void {
    let rest = Buffer.concat([this.#rest, bytes]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      this.#onFrame(Buffer.from(rest.subarray(4, end)));
      rest = rest.subarray(end);
    }
    this.#rest = rest;
  }
}
