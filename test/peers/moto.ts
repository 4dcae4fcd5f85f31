import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pythonWith } from './python.ts';

const requirements = ['moto[server]==5.2.5'];
const readyTimeoutMs = 60_000;

/** moto's server: SSM, Secrets Manager and STS of AWS, which take any credentials. */
export type MotoPeer = AsyncDisposable & {
  readonly endpoint: string;
  /** A request as botocore signs it, for comparison: the Python that runs moto. */
  readonly python: string;
};

/** Ready for requests; undefined, with a printed reason, where there is no Python. */
export async function startMoto(): Promise<MotoPeer | undefined> {
  const python = await pythonWith(requirements);
  if (python === undefined) return undefined;
  const port = await freePort();
  const program = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
  const child = spawn(python, program, { stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const isGone = once(child, 'exit');
    child.kill('SIGKILL');
    await isGone;
  };
  const endpoint = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + readyTimeoutMs;
  while (!(await answers(endpoint))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error('moto did not start.');
    }
    await sleep(50);
  }
  return { endpoint, python, [Symbol.asyncDispose]: stop };
}

async function answers(endpoint: string): Promise<boolean> {
  return await fetch(`${endpoint}/moto-api/data.json`).then(
    (response) => response.ok,
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
