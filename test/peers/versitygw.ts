import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { unlessRequired } from './skip.ts';

const module = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';
/** Building it takes minutes where nothing is cached. */
const buildTimeoutMs = 900_000;
const readyTimeoutMs = 30_000;

export type VersityOptions = {
  /** Paths of PEM files; plain HTTP unless given. */
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined;
  /** Buckets are names below this one, too. */
  readonly virtualDomain?: string | undefined;
};

/** An S3 store over a folder, which checks signatures. */
export type VersityPeer = AsyncDisposable & {
  readonly endpoint: string;
  readonly port: number;
  /** Its folders are the buckets. */
  readonly folder: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
};

/** Ready for requests; undefined, with a printed reason, where there is no Go. */
export async function startVersity(options: VersityOptions = {}): Promise<VersityPeer | undefined> {
  const program = await builtProgram();
  if (program === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'helios-versitygw-'));
  const credentials = { accessKeyId: 'HELIOSTEST', secretAccessKey: 'a-secret-of-tests' };
  const port = await freePort();
  const access = ['--access', credentials.accessKeyId, '--secret', credentials.secretAccessKey];
  const child = spawn(
    program,
    [...access, ...settingsOf(options), '--port', `127.0.0.1:${port}`, '--quiet', 'posix', folder],
    { stdio: 'ignore' },
  );
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const isGone = once(child, 'exit');
      child.kill('SIGKILL');
      await isGone;
    }
    await rm(folder, { recursive: true, force: true });
  };
  const endpoint = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const deadline = performance.now() + readyTimeoutMs;
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error('versitygw did not start.');
    }
    await sleep(50);
  }
  return { endpoint, port, folder, credentials, [Symbol.asyncDispose]: stop };
}

async function builtProgram(): Promise<string | undefined> {
  const run = promisify(execFile);
  const go = await run('go', ['env', 'GOPATH']).catch(() => undefined);
  if (go === undefined) return unlessRequired('There is no Go to build versitygw with');
  const program = join(go.stdout.trim(), 'bin', 'versitygw');
  if (!existsSync(program)) await run('go', ['install', module], { timeout: buildTimeoutMs });
  return program;
}

function settingsOf({ tls, virtualDomain }: VersityOptions): readonly string[] {
  return [
    ...(tls === undefined ? [] : ['--cert', tls.certificate, '--key', tls.key]),
    ...(virtualDomain === undefined ? [] : ['--virtual-domain', virtualDomain]),
  ];
}

async function answers(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  return await once(socket, 'connect').then(
    () => (socket.destroy(), true),
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
