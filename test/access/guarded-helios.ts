import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeliosProcess } from '../process/helios-process.ts';

/** What opens everything on a Helios of this file. */
export const adminToken = 'an-admin-token-that-nobody-guesses-0123456789';

export type Reply = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
};

type Sent = {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON unless it is text. */
  readonly body?: unknown;
};

/** A Helios that asks everybody for a token, with a folder of its own. */
export class GuardedHelios implements AsyncDisposable {
  readonly helios: HeliosProcess;
  readonly directory: string;
  readonly url: string;

  private constructor(helios: HeliosProcess, directory: string, url: string) {
    this.helios = helios;
    this.directory = directory;
    this.url = url;
  }

  static async start(options: readonly string[] = ['--require-token']): Promise<GuardedHelios> {
    const directory = await mkdtemp(join(tmpdir(), 'helios-access-'));
    const helios = await HeliosProcess.start({
      dataDirectory: join(directory, 'data'),
      environment: { GIVEN_TOKEN: adminToken, ORIGIN_SECRET: 'proof-of-the-proxy' },
      options: ['--admin-token', 'env:GIVEN_TOKEN', ...options],
    });
    return new GuardedHelios(helios, directory, await helios.ready());
  }

  /** By node:http, which sends the headers as they are. */
  async send(method: string, path: string, sent: Sent = {}): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const { token, headers = {}, body } = sent;
    const isText = typeof body === 'string' || body === undefined;
    const outgoing = httpRequest(`${this.url}${path}`, {
      method,
      agent: false,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(isText ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    outgoing.end(isText ? body : JSON.stringify(body));
    return await promise;
  }

  /** As an admin; throws unless it is done. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { status, text } = await this.send(method, path, { token: adminToken, body });
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async newToken(name: string, scopes: readonly string[], more: object = {}): Promise<string> {
    const made = await this.ask<{ readonly token: string }>('POST', '/api/v1/tokens', {
      name,
      scopes,
      ...more,
    });
    return made.token;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.helios[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** The code of an error's answer. */
export function codeOf({ text }: Reply): string {
  return (JSON.parse(text) as { readonly error: { readonly code: string } }).error.code;
}
