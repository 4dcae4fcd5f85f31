import { once } from 'node:events';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttp2Handler } from '@smithy/node-http-handler';
import { kinesisClient } from '../peers/kinesis.ts';

/** A call of Kinesis's API, as it came. */
export type Call = {
  readonly action: string;
  readonly body: Readonly<Record<string, unknown>>;
};

/** What happens to a call instead of being answered rightly. */
export type Fault =
  | {
      readonly kind: 'error';
      readonly status: number;
      readonly name: string;
      readonly text?: string;
    }
  /** Some other answer; given the right one to change, where that is wanted. */
  | { readonly kind: 'answer'; readonly change: (right: Record<string, unknown>) => object }
  /** The right answer, of which a part never comes. */
  | { readonly kind: 'cut' }
  /** Nothing ever comes. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  /** A subscription's events; `isOpen`: nothing comes after them, but it doesn't end. */
  | { readonly kind: 'events'; readonly events: readonly PushedEvent[]; readonly isOpen?: boolean };

export type PushedEvent =
  | { readonly type: 'SubscribeToShardEvent'; readonly payload: object }
  | { readonly type: 'exception'; readonly name: string };

/** Stands before an emulator, and does what emulators don't. */
export class FaultProxy implements AsyncDisposable {
  readonly client: KinesisClient;
  readonly endpoint: string;
  /** Decides for each call; undefined lets it through. */
  fault: (call: Call) => Fault | undefined = () => undefined;
  readonly calls: Call[] = [];
  readonly #stop: () => void;

  private constructor(endpoint: string, client: KinesisClient, stop: () => void) {
    this.endpoint = endpoint;
    this.client = client;
    this.#stop = stop;
  }

  static async open(target: string): Promise<FaultProxy> {
    const server = createServer((incoming, outgoing) => {
      void proxy.#serve(target, incoming, outgoing).catch(() => outgoing.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    const proxy: FaultProxy = new FaultProxy(endpoint, kinesisClient(endpoint), () => {
      server.closeAllConnections();
      server.close();
    });
    return proxy;
  }

  /** Speaks HTTP/2, as AWS does where it pushes. */
  static async openHttp2(target: string): Promise<FaultProxy> {
    const sessions = new Set<ServerHttp2Session>();
    const server = createHttp2Server((incoming, outgoing) => {
      // Both kinds have all that is used here.
      const [taken, response] = [incoming, outgoing] as unknown[] as [
        IncomingMessage,
        ServerResponse,
      ];
      void proxy.#serve(target, taken, response).catch(() => outgoing.stream.close());
    });
    server.on('session', (session) => sessions.add(session));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    const client = kinesisClient(endpoint, new NodeHttp2Handler());
    const proxy: FaultProxy = new FaultProxy(endpoint, client, () => {
      for (const session of sessions) session.destroy();
      server.close();
    });
    return proxy;
  }

  /** The calls of one kind so far. */
  callsOf(action: string): readonly Call[] {
    return this.calls.filter((call) => call.action === action);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy();
    this.#stop();
    await Promise.resolve();
  }

  async #serve(target: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const bytes = await bytesOf(incoming);
    const action = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
    const call = { action, body: JSON.parse(bytes.toString()) as Call['body'] };
    this.calls.push(call);
    const fault = this.fault(call);
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'reset') return void outgoing.destroy();
    if (fault?.kind === 'error') return refuse(outgoing, fault);
    if (fault?.kind === 'events') return push(outgoing, fault);
    const answer = await forward(target, incoming, bytes);
    const status = answer.statusCode ?? 500;
    if (fault?.kind !== 'answer') outgoing.writeHead(status, answer.headers);
    if (fault === undefined) return void answer.pipe(outgoing);
    const right = await bytesOf(answer);
    if (fault.kind === 'cut') {
      outgoing.write(right.subarray(0, right.length / 2));
      return void outgoing.socket?.end();
    }
    const changed = fault.change(JSON.parse(right.toString()) as Record<string, unknown>);
    outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    outgoing.end(JSON.stringify(changed));
  }
}

function refuse(outgoing: ServerResponse, fault: Extract<Fault, { kind: 'error' }>): void {
  outgoing.writeHead(fault.status, { 'content-type': 'application/x-amz-json-1.1' });
  outgoing.end(JSON.stringify({ __type: fault.name, message: fault.text ?? 'played by a test' }));
}

function push(outgoing: ServerResponse, fault: Extract<Fault, { kind: 'events' }>): void {
  outgoing.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
  outgoing.write(frame({ ':message-type': 'event', ':event-type': 'initial-response' }, {}));
  for (const event of fault.events) {
    const headers =
      event.type === 'exception'
        ? { ':message-type': 'exception', ':exception-type': event.name }
        : { ':message-type': 'event', ':event-type': event.type };
    outgoing.write(frame(headers, event.type === 'exception' ? {} : event.payload));
  }
  if (fault.isOpen !== true) outgoing.end();
}

/** https://docs.aws.amazon.com/streams/latest/dev/building-enhanced-consumers-api.html */
function frame(headers: Readonly<Record<string, string>>, payload: object): Buffer {
  const all = { ...headers, ':content-type': 'application/json' };
  const head = Buffer.concat(
    Object.entries(all).map(([name, value]) => {
      const length = Buffer.from([7, 0, value.length]);
      return Buffer.concat([Buffer.of(name.length), Buffer.from(name), length, Buffer.from(value)]);
    }),
  );
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(16 + head.length + body.length, 0);
  prelude.writeUInt32BE(head.length, 4);
  const before = Buffer.concat([prelude, checksum(prelude), head, body]);
  return Buffer.concat([before, checksum(before)]);
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}

async function forward(
  target: string,
  { method, headers, url }: IncomingMessage,
  bytes: Buffer,
): Promise<IncomingMessage> {
  // HTTP/2 has headers of its own.
  const plain = Object.entries(headers).filter(([name]) => !name.startsWith(':'));
  const onward = request(new URL(url ?? '/', target), {
    method,
    headers: Object.fromEntries(plain),
  });
  onward.end(bytes);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  // They hold no longer once something is changed, or the protocol is another.
  for (const name of ['content-length', 'connection', 'keep-alive', 'transfer-encoding']) {
    delete answer.headers[name];
  }
  return answer;
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
