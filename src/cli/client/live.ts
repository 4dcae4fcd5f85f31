import { WebSocket } from 'ws';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import type { LiveEvent, LiveRequest } from '../../server/live/live-api.ts';
import { cannotConnect, type Client, errorOfBody } from './client.ts';

/** The one subscription of a socket that this client opens. */
const subscriptionId = 'cli';

type Subscribe<Request> = Request extends { readonly op: 'subscribe' }
  ? Omit<Request, 'op' | 'id'>
  : never;
export type Subscription = Subscribe<LiveRequest>;

/** Messages that may wait for their reader before the socket is paused. */
const waitingMax = 64;

/**
 * Subscribes on a socket of its own and yields what comes, until the server's `end`. An `error`
 * event is thrown. Aborting closes the socket, which ends the subscription on the server, and
 * throws the reason.
 */
export async function* live(
  client: Client,
  subscription: Subscription,
  signal: AbortSignal,
): AsyncGenerator<LiveEvent> {
  signal.throwIfAborted();
  const inbox = new Inbox(client, await client.credentials(), { subscription, signal });
  try {
    for (;;) {
      const event = await inbox.next();
      if (event.kind === 'error') throw errorOfBody(event.error);
      if (event.kind === 'end') return;
      yield event;
    }
  } finally {
    inbox.close();
  }
}

/** Messages of a socket in order, handed out one at a time. */
class Inbox {
  readonly #socket: WebSocket;
  readonly #signal: AbortSignal;
  readonly #waiting: LiveEvent[] = [];
  #failure: HeliosError | undefined;
  #wake: (() => void) | undefined;
  readonly #abort = (): void => this.#fail(this.#signal.reason);

  constructor(
    client: Client,
    headers: Readonly<Record<string, string>>,
    { subscription, signal }: { subscription: Subscription; signal: AbortSignal },
  ) {
    const { url } = client;
    this.#signal = signal;
    this.#socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/v1/live`, { headers });
    this.#socket.on('open', () => {
      this.#socket.send(JSON.stringify({ op: 'subscribe', id: subscriptionId, ...subscription }));
    });
    this.#socket.on('message', (data) => this.#take(data.toString()));
    this.#socket.on('unexpected-response', (_request, response) => {
      void client.failureOf(response).then(
        (failure) => this.#fail(failure),
        (thrown: unknown) => this.#fail(cannotConnect(url, thrown)),
      );
    });
    this.#socket.on('error', (thrown) => this.#fail(cannotConnect(url, thrown)));
    this.#socket.on('close', (code) => {
      this.#fail(code === policyViolation ? tokenEnded(url) : closedByServer(url));
    });
    signal.addEventListener('abort', this.#abort, { once: true });
  }

  async next(): Promise<LiveEvent> {
    for (;;) {
      const event = this.#waiting.shift();
      if (event !== undefined) {
        if (this.#waiting.length < waitingMax) this.#socket.resume();
        return event;
      }
      if (this.#failure !== undefined) throw this.#failure;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#abort);
    this.#socket.terminate();
  }

  #take(text: string): void {
    // The server's side of this message is typed by the same file.
    this.#waiting.push(JSON.parse(text) as LiveEvent);
    if (this.#waiting.length >= waitingMax) this.#socket.pause();
    this.#wake?.();
  }

  #fail(reason: unknown): void {
    this.#failure ??= asHeliosError(reason);
    this.#wake?.();
  }
}

/** What the server closes with once a token doesn't stand any more (RFC 6455, 7.4.1). */
const policyViolation = 1008;

function tokenEnded(url: string): HeliosError {
  return new HeliosError('not_authenticated', `${url} closed the connection: the token ended.`, {
    hint: 'It was revoked or has expired. An admin makes another: helios token create NAME …',
  });
}

function closedByServer(url: string): HeliosError {
  return new HeliosError('unavailable', `${url} closed the connection.`, {
    hint: 'Helios was stopped, or something between dropped the connection. Try again.',
  });
}
