import { once } from 'node:events';
import { WebSocket } from 'ws';

type Event = Readonly<Record<string, unknown>>;

/** A client of the live socket. */
export class LiveSocket implements AsyncDisposable {
  readonly #socket: WebSocket;
  readonly #events: Event[] = [];
  #wake: () => void = () => undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      this.#events.push(JSON.parse(String(data)) as Event);
      this.#wake();
    });
  }

  static async open(url: string): Promise<LiveSocket> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/live`);
    const live = new LiveSocket(socket);
    await once(socket, 'open');
    return live;
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** The next message of a kind; those before it are skipped. */
  async next({ kind }: { readonly kind: string }): Promise<Event> {
    for (;;) {
      const event = this.#events.shift();
      if (event === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if (event['kind'] === kind) return event;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}
