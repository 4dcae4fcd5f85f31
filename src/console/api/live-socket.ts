import type { LiveEvent, LiveRequest } from '../../server/live/live-api.ts';
import { type Door, door } from '../access/door.ts';
import { after, nowMs } from '../clock.ts';

export type Subscription = LiveRequest extends infer One
  ? One extends { readonly op: 'subscribe' }
    ? Omit<One, 'op' | 'id'>
    : never
  : never;

/** `away` since a time: it is tried again by itself. */
export type SocketState =
  | { readonly kind: 'connecting' | 'open' }
  | { readonly kind: 'away'; readonly sinceMs: number };

type Entrance = Pick<Door, 'isPassable' | 'may' | 'watch'>;
type Listener = (event: LiveEvent) => void;

const firstPauseMs = 500;
const longestPauseMs = 10_000;

/**
 * The page's one socket, with all its subscriptions. When the server goes away and comes back, each
 * subscription is made again; its listener is told by `onReopen`, since what lay between is lost.
 * Where somebody has to sign in first, it waits for that.
 */
export class LiveSocket {
  readonly #url: string;
  readonly #door: Entrance;
  readonly #subscriptions = new Map<
    string,
    { request: Subscription; listener: Listener; onReopen: () => void }
  >();
  readonly #watchers = new Set<() => void>();
  #socket: WebSocket | undefined;
  #state: SocketState = { kind: 'connecting' };
  #pauseMs = firstPauseMs;
  #count = 0;

  constructor(url: string, entrance: Entrance) {
    this.#url = url;
    this.#door = entrance;
    entrance.watch(() => this.#connect());
  }

  get state(): SocketState {
    return this.#state;
  }

  /** Told whenever `state` is another; returns what ends that. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    this.#connect();
    return () => this.#watchers.delete(watcher);
  }

  /** Returns what ends the subscription. */
  subscribe(
    subscription: Subscription,
    listener: Listener,
    onReopen: () => void = () => undefined,
  ): () => void {
    const id = String(this.#count++);
    this.#subscriptions.set(id, { request: subscription, listener, onReopen });
    this.#connect();
    this.#say(id, subscription);
    return () => {
      if (!this.#subscriptions.delete(id)) return;
      if (this.#state.kind === 'open') this.#send({ op: 'unsubscribe', id });
    };
  }

  #connect(): void {
    const isWanted = this.#subscriptions.size + this.#watchers.size > 0;
    if (this.#socket !== undefined || !isWanted) return;
    if (!this.#door.isPassable() || !this.#door.may('read')) return;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener('open', () => this.#onOpen());
    socket.addEventListener('message', ({ data }) => this.#onMessage(String(data)));
    socket.addEventListener('close', () => this.#onClose());
  }

  #onOpen(): void {
    const isAgain = this.#state.kind === 'away';
    this.#pauseMs = firstPauseMs;
    this.#become({ kind: 'open' });
    for (const [id, { request, onReopen }] of this.#subscriptions) {
      if (isAgain) onReopen();
      this.#say(id, request);
    }
  }

  #onMessage(text: string): void {
    const event = JSON.parse(text) as LiveEvent;
    if (event.id === undefined) return;
    const subscription = this.#subscriptions.get(event.id);
    if (event.kind === 'end' || event.kind === 'error') this.#subscriptions.delete(event.id);
    subscription?.listener(event);
  }

  #onClose(): void {
    this.#socket = undefined;
    if (this.#state.kind !== 'away') this.#become({ kind: 'away', sinceMs: nowMs() });
    after(this.#pauseMs, () => this.#connect());
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }

  #say(id: string, subscription: Subscription): void {
    if (this.#state.kind === 'open') this.#send({ op: 'subscribe', id, ...subscription });
  }

  /** A socket that is closing takes nothing; the next one is told all that is subscribed to. */
  #send(message: unknown): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #become(state: SocketState): void {
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}

/** The socket of this page. */
export const live: LiveSocket = new LiveSocket(
  `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`,
  door,
);
