import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export type HttpAnswer = { readonly status: number; readonly text: string };

/**
 * One kept-alive connection that sends requests made beforehand and reads only what it must of the
 * answers, so that the load generator takes little of the machine that it shares with the server.
 * One request at a time; answers must have a Content-Length.
 */
export class HttpClient implements Disposable {
  readonly #socket: Socket;
  #received = '';
  #waiting: PromiseWithResolvers<HttpAnswer> | undefined;
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk.toString('latin1')));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('the server closed the connection')));
  }

  static async connect(url: URL): Promise<HttpClient> {
    const socket = connect(Number(url.port), url.hostname);
    await once(socket, 'connect');
    return new HttpClient(socket);
  }

  /** The bytes of a POST. */
  static request(url: URL, body: Buffer): Buffer {
    const head =
      `POST ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n` +
      `Content-Type: application/x-ndjson\r\nContent-Length: ${body.byteLength}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), body]);
  }

  /** Rejects when the connection breaks first. */
  async send(request: Buffer): Promise<HttpAnswer> {
    if (this.#isClosed) throw new Error('the connection is closed');
    this.#waiting = Promise.withResolvers<HttpAnswer>();
    this.#socket.write(request);
    return await this.#waiting.promise;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const head = this.#received.slice(0, headEnd);
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1]);
    const bodyStart = headEnd + 4;
    if (Number.isNaN(length)) {
      this.#end(new Error(`an answer without Content-Length: ${head}`));
      return;
    }
    if (this.#received.length < bodyStart + length) return;
    const answered = this.#received.slice(bodyStart, bodyStart + length);
    this.#received = this.#received.slice(bodyStart + length);
    this.#waiting?.resolve({ status: Number(head.slice(9, 12)), text: answered });
  }

  #end(error: Error): void {
    this.#isClosed = true;
    this.#waiting?.reject(error);
  }
}
