import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What a proxy does to the bytes that come from the server. */
export type ProxyFault =
  /** Lets so many bytes through, then ends the connection. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Lets so many bytes through, then nothing, and keeps the connection. */
  | { readonly kind: 'hang'; readonly afterBytes: number };

/** Between a client and a server of this machine, with faults as they are asked for. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target = 0;
  /** Chosen anew for each connection; undefined is none. */
  fault: () => ProxyFault | undefined = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (client) => this.#join(client));
  }

  static async listen(): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server);
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

  /** Ends all connections of now. */
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
    const fault = this.fault();
    let passed = 0;
    server.on('data', (bytes: Buffer) => {
      const start = passed;
      passed += bytes.length;
      if (fault === undefined || passed <= fault.afterBytes) {
        client.write(bytes);
        return;
      }
      client.write(bytes.subarray(0, Math.max(0, fault.afterBytes - start)));
      if (fault.kind === 'cut') for (const socket of [client, server]) socket.destroy();
    });
    client.on('data', (bytes: Buffer) => server.write(bytes));
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
