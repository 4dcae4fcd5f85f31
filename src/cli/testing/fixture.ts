import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { WebSocketServer } from 'ws';
import { systemClock } from '../../base/clock.ts';
import type { LiveEvent } from '../../server/live/live-api.ts';
import { runCli } from '../cli.ts';
import type { CliContext } from '../context.ts';

export type SeenRequest = {
  readonly route: string;
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
};

export type Answer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or text as it is. */
  readonly body?: unknown;
};

export type LiveAnswer = LiveEvent extends infer Event
  ? Event extends { readonly kind: string }
    ? Omit<Event, 'id'>
    : never
  : never;

/** An HTTP server of the API's shape: answers by route, and remembers what it was asked. */
export class FakeApi implements AsyncDisposable {
  readonly seen: SeenRequest[] = [];
  readonly subscriptions: unknown[] = [];
  /** `METHOD /path` → what to answer; a function is asked each time. */
  readonly routes: Record<string, Answer | ((request: SeenRequest) => Answer | Promise<Answer>)> =
    {};
  liveAnswers: readonly LiveAnswer[] = [];
  /** What a live socket is closed with after its answers; undefined leaves it open. */
  liveCloseCode: number | undefined;
  /** Resolves when a live socket was closed. */
  readonly liveClosed: Promise<void>;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#sockets = new WebSocketServer({ server: this.#server, path: '/api/v1/live' });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.liveClosed = promise;
    this.#sockets.on('connection', (socket) => {
      socket.on('close', () => resolve());
      socket.on('message', (data) => {
        const request: { id: string } = JSON.parse(String(data));
        this.subscriptions.push(request);
        for (const answer of this.liveAnswers) {
          socket.send(JSON.stringify({ id: request.id, ...answer }));
        }
        if (this.liveCloseCode !== undefined) socket.close(this.liveCloseCode);
      });
    });
  }

  static async start(): Promise<FakeApi> {
    const api = new FakeApi();
    const { promise, resolve } = Promise.withResolvers<void>();
    api.#server.listen(0, '127.0.0.1', resolve);
    await promise;
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    this.#server.closeAllConnections();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await promise;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString();
    const isJson = request.headers['content-type'] === 'application/json';
    const route = `${request.method} ${request.url}`;
    const seen = { route, body: isJson ? JSON.parse(text) : text, headers: request.headers };
    this.seen.push(seen);
    const found = this.routes[route] ?? notFound(route);
    const answer = typeof found === 'function' ? await found(seen) : found;
    response.writeHead(answer.status ?? 200, answer.headers);
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  }
}

function notFound(route: string): Answer {
  const error = { code: 'not_found', message: `There is no ${route}.`, id: 'req-0' };
  return { status: 404, body: { error } };
}

export type CliRun = {
  readonly exitCode: Promise<number>;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** As Ctrl+C would. */
  readonly interrupt: () => void;
  readonly stdin: PassThrough;
};

/** Runs a command line against nothing real but files and the network. */
export function startCli(words: readonly string[], parts: Partial<CliContext> = {}): CliRun {
  const stdout = new Collector();
  const stderr = new Collector();
  const stdin = new PassThrough();
  const listeners = new Set<() => void>();
  const context: CliContext = {
    stdin,
    stdout,
    stderr,
    isStdinTty: false,
    isStdoutTty: false,
    isStderrTty: false,
    columns: () => undefined,
    environment: {},
    workingDirectory: '/nowhere',
    homeDirectory: '/nowhere',
    examplesDirectory: '/nowhere',
    version: '0.0.1',
    clock: systemClock,
    random: () => 0.5,
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    startHelios: () => Promise.reject(new Error('not here')),
    runPipeline: () => Promise.reject(new Error('not here')),
    ...parts,
  };
  return {
    exitCode: runCli(words, context),
    stdout: () => stdout.text,
    stderr: () => stderr.text,
    interrupt: () => {
      for (const listener of listeners) listener();
    },
    stdin,
  };
}

export type CliResult = {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** The same, to its end; `input` is all that stdin has. */
export async function runToEnd(
  words: readonly string[],
  parts: Partial<CliContext> = {},
  input = '',
): Promise<CliResult> {
  const run = startCli(words, parts);
  run.stdin.end(input);
  const exitCode = await run.exitCode;
  return { exitCode, stdout: run.stdout(), stderr: run.stderr() };
}

class Collector extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
