import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBucket } from '../test/lake/bucket.ts';
import { startMoto } from '../test/peers/moto.ts';

const readyMsMax = 30_000;

/** A store of this machine that speaks S3, with one bucket. */
export type ObjectStore = AsyncDisposable & {
  /** What it is, for the results. */
  readonly name: string;
  readonly endpoint: string;
  readonly bucket: string;
};

/** Who may write into it; what Helios and others find in their environment. */
export const storeEnvironment: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: 'key',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_REGION: 'us-east-1',
};

/** versitygw over `folder` where it is installed, which is as fast as the disk; else moto. */
export async function startStore(folder: string): Promise<ObjectStore> {
  const program = versitygw();
  if (program !== undefined) return await startVersitygw(program, folder);
  const moto = await startMoto();
  if (moto === undefined) throw new Error('There is no versitygw and no Python for moto.');
  const bucket = await createBucket(moto.endpoint);
  const { endpoint } = moto;
  const close = async (): Promise<void> => await moto[Symbol.asyncDispose]();
  return { name: 'moto', endpoint, bucket, [Symbol.asyncDispose]: close };
}

function versitygw(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return [...folders, join(homedir(), 'go', 'bin')]
    .map((folder) => join(folder, 'versitygw'))
    .find((path) => existsSync(path));
}

async function startVersitygw(program: string, folder: string): Promise<ObjectStore> {
  mkdirSync(folder);
  const port = await freePort();
  const own = ['--access', 'key', '--secret', 'secret', '--port', `127.0.0.1:${port}`];
  const child = spawn(program, [...own, 'posix', folder], { stdio: 'ignore' });
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const isGone = once(child, 'exit');
    child.kill('SIGKILL');
    await isGone;
  };
  const endpoint = `http://127.0.0.1:${port}`;
  const endAtMs = performance.now() + readyMsMax;
  while (!(await fetch(endpoint).then(Boolean, () => false))) {
    if (performance.now() > endAtMs) {
      await close();
      throw new Error('versitygw did not start.');
    }
    await sleep(50);
  }
  const bucket = await createBucket(endpoint);
  return { name: 'versitygw', endpoint, bucket, [Symbol.asyncDispose]: close };
}

/** What was asked of a store, by method: `LIST` is a GET of a bucket. */
export type RequestCounts = Readonly<Record<string, number>>;

/** Between clients and a store: passes everything on, and counts it. */
export class CountingProxy implements AsyncDisposable {
  readonly endpoint: string;
  readonly #counts: Record<string, number> = {};
  readonly #close: () => Promise<void>;

  private constructor(endpoint: string, close: () => Promise<void>) {
    this.endpoint = endpoint;
    this.#close = close;
  }

  static async start(target: string): Promise<CountingProxy> {
    const server = createServer((incoming, answer) => {
      const { method = '', url = '' } = incoming;
      const name = method === 'GET' && url.includes('list-type') ? 'LIST' : method;
      proxy.#counts[name] = (proxy.#counts[name] ?? 0) + 1;
      const { headers } = incoming;
      // The headers as they are, also the host's name: they are signed.
      const outgoing = request(`${target}${url}`, { method, headers }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      outgoing.on('error', () => answer.destroy());
      incoming.pipe(outgoing);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const proxy = new CountingProxy(`http://127.0.0.1:${port}`, async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    return proxy;
  }

  /** Since the last time. */
  take(): RequestCounts {
    const counts = { ...this.#counts };
    for (const name of Object.keys(this.#counts)) this.#counts[name] = 0;
    return counts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
