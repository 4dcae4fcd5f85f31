import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { javaHome, mavenFolder } from './java.ts';

const artifacts = ['io.apicurio:apicurio-registry-app:3.3.3:tar.gz:all'];
const readyTimeoutMs = 120_000;
const outputKeptBytes = 16_384;

export type ApicurioParts = { readonly java: string; readonly folder: string };

/**
 * What the registry needs; undefined, with a printed reason, where that is not there, and a failure
 * with CI=true.
 */
export async function apicurioParts(): Promise<ApicurioParts | undefined> {
  const java = await javaHome(21, 99);
  if (java === undefined) return undefined;
  const folder = await mavenFolder(artifacts);
  return folder === undefined ? undefined : { java: join(java, 'bin', 'java'), folder };
}

/** Apicurio, a schema registry that speaks Confluent's API too. Keeps its schemas in memory. */
export class Apicurio implements AsyncDisposable {
  readonly #parts: ApicurioParts;
  readonly #port: number;
  readonly #managementPort: number;
  #child: ChildProcess | undefined;
  #output = '';

  private constructor(parts: ApicurioParts, ports: readonly [number, number]) {
    this.#parts = parts;
    [this.#port, this.#managementPort] = ports;
  }

  /** Not started: nothing listens at its endpoint. */
  static async create(parts: ApicurioParts): Promise<Apicurio> {
    return new Apicurio(parts, [await freePort(), await freePort()]);
  }

  /** Of the API that is like Confluent's. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}/apis/ccompat/v7`;
  }

  async start(): Promise<void> {
    const child = spawn(
      this.#parts.java,
      ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-jar', 'quarkus-run.jar'],
      {
        cwd: this.#parts.folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          QUARKUS_HTTP_HOST: '127.0.0.1',
          QUARKUS_HTTP_PORT: String(this.#port),
          QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
          QUARKUS_MANAGEMENT_PORT: String(this.#managementPort),
          APICURIO_STORAGE_KIND: 'sql',
          APICURIO_STORAGE_SQL_KIND: 'h2',
        },
      },
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => {
        this.#output = `${this.#output}${bytes.toString()}`.slice(-outputKeptBytes);
      });
    }
    this.#child = child;
    const deadline = performance.now() + readyTimeoutMs;
    while (!(await this.#answers())) {
      if (child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`Apicurio did not start:\n${this.#output}`);
      }
      await sleep(100);
    }
  }

  /** Puts a schema under a subject; gives its id. */
  async register(
    subject: string,
    schema: unknown,
    references: readonly { name: string; subject: string; version: number }[] = [],
  ): Promise<number> {
    const response = await fetch(`${this.endpoint}/subjects/${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema: JSON.stringify(schema), references }),
    });
    const answer = (await response.json()) as { readonly id?: number };
    if (answer.id === undefined) throw new Error(`Apicurio refused: ${JSON.stringify(answer)}`);
    return answer.id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.endpoint}/subjects`)).ok;
    } catch {
      // Nobody is there yet.
      return false;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
