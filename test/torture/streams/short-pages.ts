import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Stands before an emulator: no answer has more records than this, and a full one isn't the last. */
export class ShortPages implements AsyncDisposable {
  readonly endpoint: string;
  readonly #stop: () => void;

  private constructor(endpoint: string, stop: () => void) {
    this.endpoint = endpoint;
    this.#stop = stop;
  }

  static async open(target: string, recordsMax: number): Promise<ShortPages> {
    const server = createServer((incoming, outgoing) => {
      void serve(new URL(target), { incoming, outgoing, recordsMax }).catch(() =>
        outgoing.destroy(),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new ShortPages(`http://127.0.0.1:${port}`, () => {
      server.closeAllConnections();
      server.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve(this.#stop());
  }
}

type Exchange = {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly recordsMax: number;
};

async function serve(target: URL, { incoming, outgoing, recordsMax }: Exchange): Promise<void> {
  const isRead = String(incoming.headers['x-amz-target']).endsWith('.GetRecords');
  const body = await buffer(incoming);
  const asked = isRead ? withLimit(body, recordsMax) : body;
  const answer = await forward(target, incoming, asked);
  const given = await buffer(answer);
  const told = isRead && answer.statusCode === 200 ? withMore(given, recordsMax) : given;
  outgoing.writeHead(answer.statusCode ?? 500, {
    'content-type': answer.headers['content-type'] ?? 'application/x-amz-json-1.1',
    'content-length': told.byteLength,
  });
  outgoing.end(told);
}

async function forward(
  { hostname, port }: URL,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
): Promise<IncomingMessage> {
  const sent = request({
    hostname,
    port,
    method,
    path: url,
    headers: { ...headers, 'content-length': body.byteLength },
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return answer;
}

function withLimit(body: Buffer, recordsMax: number): Buffer {
  const call = JSON.parse(body.toString()) as object;
  return Buffer.from(JSON.stringify({ ...call, Limit: recordsMax }));
}

/** kinesalite is never behind, and who reads it would wait for a second between two answers. */
function withMore(answer: Buffer, recordsMax: number): Buffer {
  const page = JSON.parse(answer.toString()) as {
    readonly Records: readonly unknown[];
    readonly MillisBehindLatest?: number;
  };
  if (page.Records.length < recordsMax || page.MillisBehindLatest) return answer;
  return Buffer.from(JSON.stringify({ ...page, MillisBehindLatest: 1 }));
}
