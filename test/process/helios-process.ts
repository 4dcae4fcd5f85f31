import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type HeliosOptions = {
  readonly dataDirectory: string;
  /** The tree whose src/main.ts is run; this one unless given. */
  readonly root?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Where relative paths of pipelines start; the tree unless given. */
  readonly workingDirectory?: string | undefined;
  /** Options of Node, before the program. */
  readonly nodeOptions?: readonly string[] | undefined;
  /** More arguments of `helios start`. */
  readonly options?: readonly string[] | undefined;
};

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** The parts of `POST /api/v1/query`'s answer that tests read. */
export type Answer = {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly saw: readonly { readonly table: string; readonly hot_rows: number }[];
  readonly ms: number;
};

/**
 * `helios start` as a process of its own, as a user would run it, on a free port of the loopback
 * interface. May be killed at any time, also before it is ready.
 */
export class HeliosProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #output: string[] = [];
  readonly #ready: Promise<string>;
  /** How it ended; resolves in any case. */
  readonly exited: Promise<Exit>;

  constructor(options: HeliosOptions) {
    const root = options.root ?? join(import.meta.dirname, '..', '..');
    const program = [...(options.nodeOptions ?? []), join(root, 'src', 'main.ts'), 'start'];
    const settings = ['--port', '0', '--data', options.dataDirectory, ...(options.options ?? [])];
    this.#child = spawn(process.execPath, [...program, ...settings], {
      cwd: options.workingDirectory ?? root,
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    this.#ready = this.#printedUrl();
    // Whoever waits for it hears of the failure; a process killed on purpose has no listener.
    this.#ready.catch(() => undefined);
  }

  /** Starts, and waits until it answers. */
  static async start(options: HeliosOptions): Promise<HeliosProcess> {
    const helios = new HeliosProcess(options);
    await helios.ready();
    return helios;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** All that it printed, the newest 200 lines. */
  get output(): string {
    return this.#output.join('\n');
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Its address once it answers; rejects with its output when it ends before. */
  async ready(): Promise<string> {
    return await this.#ready;
  }

  /** The address; only after `ready`. */
  async request(path: string, init?: RequestInit): Promise<Response> {
    return await fetch(`${await this.#ready}${path}`, init);
  }

  /** Calls the API with a JSON body; throws with the answer when its status is 400 or above. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.request(path, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async query(sql: string): Promise<Answer> {
    return await this.call('POST', '/api/v1/query', { sql, max_rows: 1_000_000 });
  }

  /** The first value of the first row, as a number. */
  async queryNumber(sql: string): Promise<number> {
    const { rows } = await this.query(sql);
    return Number(rows[0]?.[0]);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<Exit> {
    if (this.isRunning) this.#child.kill('SIGTERM');
    return await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) this.#child.kill('SIGKILL');
    await this.exited;
  }

  async #printedUrl(): Promise<string> {
    return await new Promise((resolve, reject) => {
      for (const input of [this.#child.stdout, this.#child.stderr]) {
        if (input === null) continue;
        createInterface({ input }).on('line', (line) => {
          this.#output.push(line);
          if (this.#output.length > 200) this.#output.shift();
          const url = /(?<!s3::)http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
          if (url !== undefined) resolve(url);
        });
      }
      this.#child.once('close', (code, signal) =>
        reject(new Error(`helios ended (${String(code ?? signal)}):\n${this.output}`)),
      );
    });
  }
}
