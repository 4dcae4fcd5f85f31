import { errorCodes, HeliosError } from '../../base/errors.ts';
import { checkSubscription } from './check-subscription.ts';
import { errorAnswer } from '../answer/error-answer.ts';
import { parseLiveRequest } from './live-request.ts';
import { runPipelines } from './pipelines-subscription.ts';
import { runLiveQuery } from './query-subscription.ts';
import { runStreamTail } from './stream-tail.ts';
import { runTableTail } from './table-tail.ts';
import type { LiveEvent, LiveRequest } from './live-api.ts';
import type { LiveDependencies } from './live.ts';
import type { IncomingMessage } from 'node:http';
import type { RawData, WebSocket } from 'ws';

type SubscribeRequest = Extract<LiveRequest, { op: 'subscribe' }>;

/** What a running subscription may do to its socket. */
export type Outlet = {
  /** Sends, whatever is queued: for what comes once. */
  readonly send: (event: LiveEvent) => void;
  /** Sends what is already JSON. */
  readonly sendText: (text: string) => void;
  /**
   * Whether the client reads fast enough; while it does not, rows are to be dropped and counted.
   */
  readonly hasRoom: () => boolean;
};

type Subscription = { readonly kind: string; readonly controller: AbortController };

/**
 * One live socket. What waits to be sent is bounded: whoever sends often asks `hasRoom` first, and
 * what comes once is itself bounded (results, errors, at most `subscriptionsMax` of them).
 */
export class LiveConnection {
  readonly #socket: WebSocket;
  readonly #id: string;
  /** The one that became the socket: who sent it may be asked. */
  readonly #request: IncomingMessage;
  readonly #dependencies: LiveDependencies;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #closing = new AbortController();
  /** With those that were unsubscribed from, and have not ended yet. */
  #running = 0;
  #isAlive = true;

  constructor(socket: WebSocket, request: IncomingMessage, dependencies: LiveDependencies) {
    const id = String(request.headers['x-request-id']);
    this.#socket = socket;
    this.#request = request;
    this.#id = id;
    this.#dependencies = dependencies;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => (this.#isAlive = true));
    socket.on('error', (thrown) => dependencies.logger.debug({ id, err: thrown }, 'live socket'));
    socket.once('close', () => this.#end());
    void this.#pingForever();
  }

  close(): void {
    this.#end();
    this.#socket.close(goingAway, 'the server stops');
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #receive(data: RawData, isBinary: boolean): void {
    try {
      const request = parseLiveRequest(data, isBinary);
      if (request.op === 'unsubscribe') this.#unsubscribe(request.id);
      else this.#subscribe(request);
    } catch (thrown) {
      this.#sendError(undefined, thrown);
    }
  }

  #subscribe(request: SubscribeRequest): void {
    const { limits } = this.#dependencies;
    const { id, kind } = request;
    if (!this.#dependencies.isWelcome(this.#request)) {
      this.#keep(request, new HeliosError('not_authenticated', noMore));
      this.#dismiss();
      return;
    }
    const running = [...this.#subscriptions.values()];
    const queries = running.filter((subscription) => subscription.kind === 'query').length;
    try {
      if (this.#subscriptions.has(id)) throw idInUse(id);
      if (running.length >= limits.subscriptionsMax) throw tooMany('subscriptions', running.length);
      if (this.#running >= 2 * limits.subscriptionsMax)
        throw tooMany('subscriptions that run or end', this.#running);
      if (kind === 'query' && queries >= limits.queriesMax) throw tooMany('queries', queries);
    } catch (thrown) {
      this.#sendError(id, thrown);
      return;
    }
    const controller = new AbortController();
    this.#subscriptions.set(id, { kind, controller });
    void this.#run(request, controller.signal);
  }

  /** Ends when the subscription does; everything it meets becomes an event. */
  async #run(request: SubscribeRequest, signal: AbortSignal): Promise<void> {
    const { id } = request;
    this.#running += 1;
    try {
      await this.#check(request);
      await this.#runKind(request, signal);
      if (!signal.aborted) this.#send({ id, kind: 'end' });
    } catch (thrown) {
      if (!signal.aborted) this.#sendError(id, thrown);
    } finally {
      this.#running -= 1;
      if (this.#subscriptions.get(id)?.controller.signal === signal) this.#subscriptions.delete(id);
    }
  }

  async #runKind(request: SubscribeRequest, signal: AbortSignal): Promise<void> {
    const context = { ...this.#dependencies, outlet: this.#outlet(), signal };
    if (request.kind === 'pipelines') await runPipelines(request.id, context);
    else if (request.kind === 'query') await runLiveQuery(request, context);
    else if ('stream' in request) await runStreamTail(request, context);
    else await runTableTail(request, context);
  }

  async #check(request: SubscribeRequest): Promise<void> {
    try {
      const principal = this.#dependencies.admit(this.#request);
      await checkSubscription(principal, this.#dependencies.queries, request);
    } catch (thrown) {
      this.#keep(request, thrown);
      throw thrown;
    }
    this.#keep(request, undefined);
  }

  /** SQL is kept as that over HTTP is, a tail's condition too; and what was refused. */
  #keep(request: SubscribeRequest, thrown: unknown): void {
    const { trail } = this.#dependencies;
    const refused = thrown instanceof HeliosError ? thrown.code : undefined;
    const sql = sqlOf(request);
    const status = refused === undefined ? 101 : errorCodes[refused].httpStatus;
    const done = { action: `live ${request.kind}`, status, code: refused, sql };
    if (sql !== undefined) trail.add(this.#request, done);
    else if (refused !== undefined) trail.refused(this.#request, done);
  }

  #unsubscribe(id: string): void {
    const subscription = this.#subscriptions.get(id);
    if (!subscription) {
      this.#sendError(id, new HeliosError('not_found', `There is no subscription "${id}".`));
      return;
    }
    this.#subscriptions.delete(id);
    subscription.controller.abort();
  }

  #outlet(): Outlet {
    return {
      send: (event) => this.#send(event),
      sendText: (text) => this.#sendText(text),
      hasRoom: () => this.#socket.bufferedAmount <= this.#dependencies.limits.unsentBytesMax,
    };
  }

  #send(event: LiveEvent): void {
    this.#sendText(JSON.stringify(event));
  }

  #sendText(text: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(text);
  }

  #sendError(id: string | undefined, thrown: unknown): void {
    const { body, failure } = errorAnswer(thrown, this.#id);
    const facts = { id: this.#id, subscription: id, code: failure.code };
    const { logger } = this.#dependencies;
    if (failure.code === 'internal') logger.error({ ...facts, err: failure }, failure.message);
    else logger.warn(facts, failure.message);
    this.#send({ id, kind: 'error', error: body.error });
    // A client that sends nonsense without reading the answers must not fill the memory with them.
    const { unsentBytesMax } = this.#dependencies.limits;
    if (this.#socket.bufferedAmount > 4 * unsentBytesMax) this.#socket.terminate();
  }

  async #pingForever(): Promise<void> {
    const { clock, limits } = this.#dependencies;
    const { signal } = this.#closing;
    try {
      for (;;) {
        await clock.sleep(limits.pingIntervalMs, signal);
        if (!this.#dependencies.isWelcome(this.#request)) {
          this.#dismiss();
          return;
        }
        if (!this.#isAlive) {
          this.#socket.terminate();
          return;
        }
        this.#isAlive = false;
        this.#socket.ping();
      }
    } catch (thrown) {
      if (!signal.aborted) this.#dependencies.logger.error({ err: thrown }, 'live ping');
    }
  }

  /** No error of a subscription: whoever has another credential comes back and asks for all. */
  #dismiss(): void {
    this.#end();
    this.#socket.close(policyViolation, noMore);
  }

  #end(): void {
    this.#closing.abort();
    for (const { controller } of this.#subscriptions.values()) controller.abort();
    this.#subscriptions.clear();
  }
}

/** Close codes of RFC 6455, 7.4.1. */
const goingAway = 1001;
const policyViolation = 1008;
const noMore = 'the credential does not stand any more';

function sqlOf(request: SubscribeRequest): string | undefined {
  if (request.kind === 'query') return request.sql;
  return 'table' in request ? request.where : undefined;
}

function idInUse(id: string): HeliosError {
  return new HeliosError('conflict', `The subscription "${id}" exists already.`, {
    hint: 'Choose another id, or unsubscribe first.',
  });
}

function tooMany(what: string, count: number): HeliosError {
  return new HeliosError('too_busy', `This socket has ${count} ${what} already.`, {
    hint: 'Unsubscribe from some.',
  });
}
