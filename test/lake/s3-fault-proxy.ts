import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request of S3's API, as it came. */
export type S3Call = {
  readonly operation: string;
  /** Without the bucket. */
  readonly key: string;
  readonly headers: IncomingHttpHeaders;
  /** How many came before, of all operations. */
  readonly number: number;
};

export type S3Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** What happens to a request instead of being answered rightly. */
export type S3Fault =
  /** Without its effect. */
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly name?: string;
      readonly text?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Nothing ever comes. `afterBytes`: of the right answer so many bytes do. */
  | { readonly kind: 'hang'; readonly afterBytes?: number }
  | { readonly kind: 'reset' }
  /** The effect, and then no answer, or this one. */
  | { readonly kind: 'lost'; readonly status?: number }
  /** No answer; the effect when `settle` is called. */
  | { readonly kind: 'late' }
  /** The effect, and the answer, when this is over. */
  | { readonly kind: 'held'; readonly until: Promise<unknown> }
  /** What stands between sends it twice, and gives the second answer. */
  | { readonly kind: 'twice' }
  /** Half of the body, announced as a whole one, or with the length of the half. */
  | { readonly kind: 'half'; readonly isAnnounced: boolean }
  /** Some other answer than the right one. */
  | { readonly kind: 'answer'; readonly change: (right: S3Answer) => S3Answer };

/** Stands before a store, and does what stores and networks do on bad days. */
export class S3FaultProxy implements AsyncDisposable {
  readonly calls: S3Call[] = [];
  /** Decides for each request; undefined lets it through. */
  fault: (call: S3Call) => S3Fault | undefined = () => undefined;
  readonly #server: Server;
  readonly #target: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });
  #late: (() => Promise<unknown>)[] = [];

  private constructor(server: Server, target: string) {
    this.#server = server;
    this.#target = target;
    server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
      void this.#serve(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  static async open(target: string): Promise<S3FaultProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new S3FaultProxy(server, target);
  }

  get endpoint(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** The operations that came since the last time this was asked. */
  taken(): readonly string[] {
    return this.calls.splice(0).map(({ operation }) => operation);
  }

  /** Lets the late ones have their effect. */
  async settle(): Promise<void> {
    for (const send of this.#late.splice(0)) await send();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#agent.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const call = { ...callOf(incoming), number: this.calls.length };
    this.calls.push(call);
    const fault = this.fault(call);
    const body = Buffer.concat(await Array.fromAsync<Buffer>(incoming));
    const send = async (): Promise<S3Answer> => await this.#forward(incoming, body);
    switch (fault?.kind) {
      case undefined:
        return answer(outgoing, await send());
      case 'error':
        return answer(outgoing, errorAnswer(fault, incoming.method === 'HEAD'));
      case 'hang':
        if (fault.afterBytes === undefined) return;
        return answerInPart(outgoing, await send(), fault.afterBytes);
      case 'reset':
        return void outgoing.destroy();
      case 'late':
        this.#late.push(send);
        return void outgoing.destroy();
      case 'held':
        await fault.until;
        return answer(outgoing, await send());
      case 'lost':
        await send();
        if (fault.status === undefined) return void outgoing.destroy();
        return answer(outgoing, errorAnswer({ status: fault.status }, false));
      case 'twice':
        await send();
        return answer(outgoing, await send());
      case 'half': {
        const right = await send();
        const half = right.body.subarray(0, right.body.length / 2);
        if (!fault.isAnnounced) return answer(outgoing, { ...right, body: half });
        answerInPart(outgoing, right, half.length);
        return void outgoing.socket?.end();
      }
      case 'answer':
        return answer(outgoing, fault.change(await send()));
    }
  }

  async #forward(incoming: IncomingMessage, body: Buffer): Promise<S3Answer> {
    const outgoing = request(`${this.#target}${incoming.url ?? ''}`, {
      method: incoming.method,
      headers: incoming.headers,
      agent: this.#agent,
    });
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: Buffer.concat(await Array.fromAsync<Buffer>(response)),
    };
  }
}

function callOf({ method = '', url = '', headers }: IncomingMessage): Omit<S3Call, 'number'> {
  const { pathname, searchParams } = new URL(url, 'http://store');
  const key = decodeURIComponent(pathname.split('/').slice(2).join('/'));
  return { operation: operationOf(method, key, searchParams), key, headers };
}

function operationOf(method: string, key: string, query: URLSearchParams): string {
  if (key === '') return method === 'GET' ? 'ListObjectsV2' : 'CreateBucket';
  if (method === 'POST')
    return query.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload';
  if (method === 'PUT') return query.has('uploadId') ? 'UploadPart' : 'PutObject';
  if (method === 'DELETE') return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
  return method === 'HEAD' ? 'HeadObject' : 'GetObject';
}

function errorAnswer(
  {
    status,
    name = 'InternalError',
    text = 'As it was asked for.',
    headers = {},
  }: Omit<Extract<S3Fault, { kind: 'error' }>, 'kind'>,
  isHead: boolean,
): S3Answer {
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?>' +
    `<Error><Code>${name}</Code><Message>${text}</Message></Error>`;
  const body = Buffer.from(isHead ? '' : xml);
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body };
}

/** Headers of one connection are not those of the other. */
const ownHeaders = ['connection', 'content-length', 'transfer-encoding', 'keep-alive'];

function answer(outgoing: ServerResponse, { status, headers, body }: S3Answer): void {
  const isHead = outgoing.req.method === 'HEAD';
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && (isHead || !ownHeaders.includes(name))) {
      outgoing.setHeader(name, value);
    }
  }
  if (!isHead) outgoing.setHeader('content-length', body.length);
  outgoing.writeHead(status);
  outgoing.end(body);
}

function answerInPart(outgoing: ServerResponse, right: S3Answer, afterBytes: number): void {
  const { 'transfer-encoding': _, connection: __, ...headers } = right.headers;
  outgoing.writeHead(right.status, { ...headers, 'content-length': right.body.length });
  outgoing.write(right.body.subarray(0, afterBytes));
}
