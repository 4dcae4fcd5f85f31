import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { javaHome, mavenFolder } from './java.ts';

const artifacts = ['io.trino:trino-server:476:tar.gz'];
const startTimeoutMs = 300_000;
const queryTimeoutMs = 120_000;
const linesKept = 200;

export type TrinoParts = { readonly java: string; readonly folder: string };

/** An object store, for tables at s3://. */
export type TrinoStore = {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
};

type Places = {
  /** `local:///` to it. */
  readonly tablesFolder: string;
  readonly store?: TrinoStore | undefined;
};

export type TrinoAnswer = {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Integers that JavaScript would round are text. */
  readonly rows: readonly (readonly unknown[])[];
};

/** What Trino needs; undefined, with a printed reason, where that is not there. */
export async function trinoParts(): Promise<TrinoParts | undefined> {
  const java = await javaHome(24, 25);
  if (java === undefined) return undefined;
  const folder = await mavenFolder(artifacts);
  return folder === undefined ? undefined : { java, folder };
}

/** A Trino server with one catalog, `delta`, over a folder of this machine, and perhaps a store. */
export class Trino implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #url: string;
  readonly #output: string[] = [];

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
    for (const input of [child.stdout, child.stderr]) {
      if (input === null) continue;
      createInterface({ input }).on('line', (line) => {
        this.#output.push(line);
        if (this.#output.length > linesKept) this.#output.shift();
      });
    }
  }

  /** `workFolder` is an existing folder of its own. */
  static async start(parts: TrinoParts, places: Places, workFolder: string): Promise<Trino> {
    const port = await freePort();
    await writeConfiguration(parts, places, { workFolder, port });
    const program = ['-cp', join(parts.folder, 'lib', '*'), 'io.trino.server.TrinoServer'];
    const config = `-Dconfig=${join(workFolder, 'config.properties')}`;
    const child = spawn(
      join(parts.java, 'bin', 'java'),
      [...javaOptions, config, `-Djava.io.tmpdir=${workFolder}`, ...program],
      { cwd: workFolder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const trino = new Trino(child, `http://127.0.0.1:${port}`);
    try {
      await trino.#untilAnswered('CREATE SCHEMA IF NOT EXISTS delta.default');
    } catch (thrown) {
      await trino[Symbol.asyncDispose]();
      throw thrown;
    }
    return trino;
  }

  /**
   * Makes the table at a place known under a name, and waits until it can be read; the folder of
   * that name in `tablesFolder` unless given.
   */
  async register(table: string, location = `local:///${table}`): Promise<void> {
    await this.query(`CALL delta.system.register_table(schema_name => 'default',
      table_name => '${table}', table_location => '${location}')`);
    // It answers a while before it has given itself work as a node.
    await this.#untilAnswered(`SELECT * FROM ${table} LIMIT 1`);
  }

  async query(sql: string): Promise<TrinoAnswer> {
    const signal = AbortSignal.timeout(queryTimeoutMs);
    const rows: (readonly unknown[])[] = [];
    const first = { method: 'POST', body: sql, headers, signal };
    let page = await readPage(await fetch(`${this.#url}/v1/statement`, first));
    let columns = page.columns;
    rows.push(...(page.data ?? []));
    while (page.nextUri !== undefined) {
      page = await readPage(await fetch(page.nextUri, { headers, signal }));
      columns ??= page.columns;
      rows.push(...(page.data ?? []));
    }
    if (page.error !== undefined) throw new Error(`Trino: ${page.error.message}\n${sql}`);
    return { columns: columns ?? [], rows };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  async #untilAnswered(sql: string): Promise<void> {
    const deadline = performance.now() + startTimeoutMs;
    let reason: unknown;
    while (performance.now() < deadline && this.#child.exitCode === null) {
      try {
        await this.query(sql);
        return;
      } catch (thrown) {
        reason = thrown;
      }
      await sleep(500);
    }
    throw new Error(`Trino did not start: ${String(reason)}\n${this.#output.join('\n')}`);
  }
}

const headers = {
  'x-trino-user': 'helios',
  'x-trino-catalog': 'delta',
  'x-trino-schema': 'default',
  'x-trino-time-zone': 'UTC',
};

const javaOptions = [
  '-Xmx3G',
  '-Dfile.encoding=UTF-8',
  '-Duser.timezone=UTC',
  '-Djdk.attach.allowAttachSelf=true',
  '--enable-native-access=ALL-UNNAMED',
  '--add-modules=jdk.incubator.vector',
];

async function writeConfiguration(
  parts: TrinoParts,
  { tablesFolder, store }: Places,
  { workFolder, port }: { readonly workFolder: string; readonly port: number },
): Promise<void> {
  const plugins = join(workFolder, 'plugin');
  const catalogs = join(workFolder, 'catalog');
  await mkdir(plugins);
  await mkdir(catalogs);
  // One plugin of fifty: it starts in a third of the time.
  await symlink(join(parts.folder, 'plugin', 'delta-lake'), join(plugins, 'delta-lake'));
  const config = {
    'node.environment': 'interop',
    'node.id': randomUUID(),
    'node.bind-ip': '127.0.0.1',
    'node.internal-address': '127.0.0.1',
    coordinator: 'true',
    'node-scheduler.include-coordinator': 'true',
    'http-server.http.port': String(port),
    'discovery.uri': `http://127.0.0.1:${port}`,
    'plugin.dir': plugins,
    'catalog.config-dir': catalogs,
  };
  const catalog = {
    'connector.name': 'delta_lake',
    'hive.metastore': 'file',
    'hive.metastore.catalog.dir': 'local:///metastore',
    'fs.native-local.enabled': 'true',
    'local.location': tablesFolder,
    'delta.register-table-procedure.enabled': 'true',
    ...storeProperties(store),
  };
  await writeFile(join(workFolder, 'config.properties'), properties(config));
  await writeFile(join(catalogs, 'delta.properties'), properties(catalog));
}

function storeProperties(store: TrinoStore | undefined): Readonly<Record<string, string>> {
  if (store === undefined) return {};
  return {
    'fs.native-s3.enabled': 'true',
    's3.endpoint': store.endpoint,
    's3.region': store.region,
    's3.path-style-access': 'true',
    's3.aws-access-key': store.accessKey,
    's3.aws-secret-key': store.secretKey,
  };
}

function properties(entries: Readonly<Record<string, string>>): string {
  return Object.entries(entries)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

type Page = {
  readonly columns?: TrinoAnswer['columns'];
  readonly data?: TrinoAnswer['rows'];
  readonly nextUri?: string;
  readonly error?: { readonly message: string };
};

async function readPage(response: Response): Promise<Page> {
  const text = await response.text();
  if (!response.ok) throw new Error(`Trino answered ${response.status}: ${text}`);
  return JSON.parse(text, exactInteger) as Page;
}

function exactInteger(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  const isRounded = Number.isInteger(value) && !Number.isSafeInteger(value);
  return isRounded && /^-?\d+$/.test(context?.source ?? '') ? context?.source : value;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return address.port;
}
