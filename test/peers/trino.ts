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

/** A Trino server with one catalog, `delta`, over a folder of this machine. */
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

  /** `tablesFolder` is `local:///` to it; `workFolder` is an existing folder of its own. */
  static async start(parts: TrinoParts, tablesFolder: string, workFolder: string): Promise<Trino> {
    const port = await freePort();
    await writeConfiguration(parts, tablesFolder, { workFolder, port });
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
   * Makes the table in this folder of `tablesFolder` known under its name, and waits until it can
   * be read.
   */
  async register(table: string): Promise<void> {
    await this.query(`CALL delta.system.register_table(schema_name => 'default',
      table_name => '${table}', table_location => 'local:///${table}')`);
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
  tablesFolder: string,
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
  };
  await writeFile(join(workFolder, 'config.properties'), properties(config));
  await writeFile(join(catalogs, 'delta.properties'), properties(catalog));
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
