import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Admin } from '@platformatic/kafka';
import { javaHome, mavenFolder } from './java.ts';
import { type KafkaCertificates, makeCertificates } from './kafka-certificates.ts';
import { type kafkaListeners, type KafkaPorts, serverProperties } from './kafka-settings.ts';

const run = promisify(execFile);

const artifacts = ['org.apache.kafka:kafka_2.13:4.3.1', 'org.apache.kafka:kafka-tools:4.3.1'];
/** On a machine that is busy with much else it takes minutes. */
const readyTimeoutMs = 600_000;
const outputKeptBytes = 16_384;
/** Any 16 bytes in base64url; Kafka wants one to format its storage with. */
const usualClusterId = '5L6g3nShT-eMCtK--X86sw';

export type KafkaParts = {
  readonly java: string;
  /** A class path. */
  readonly jars: string;
};

export type KafkaOptions = {
  /** Laid over the broker's own. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Where clients that come in by the listener `proxied` are sent: a proxy in front of it. */
  readonly proxyPort?: number;
  /** For a second cluster: 16 bytes in base64url. */
  readonly clusterId?: string;
  /** Starts slower, and serves faster: for measurements. */
  readonly isOptimised?: boolean;
};

/**
 * What a broker needs; undefined, with a printed reason, where that is not there, and a failure
 * with CI=true.
 */
export async function kafkaParts(): Promise<KafkaParts | undefined> {
  const java = await javaHome(17, 25);
  if (java === undefined) return undefined;
  const folder = await mavenFolder(artifacts, 'with dependencies');
  if (folder === undefined) return undefined;
  return { java: join(java, 'bin', 'java'), jars: join(folder, '*') };
}

/**
 * An Apache Kafka broker (KRaft, one node) on free ports of 127.0.0.1, with its data in a temporary
 * folder. Kills and stops keep data and ports: `start` goes on with them. Who may do what:
 * everybody everything, until a topic or group has ACLs; `admin` and the plaintext listener
 * always.
 */
export class KafkaBroker implements AsyncDisposable {
  /** Addresses, `host:port`, by listener. */
  readonly bootstrap: Readonly<Record<keyof typeof kafkaListeners, string>>;
  readonly certificates: KafkaCertificates;
  readonly #parts: KafkaParts;
  readonly #folder: string;
  readonly #javaOptions: readonly string[];
  #child: ChildProcess | undefined;
  #output = '';

  private constructor(
    parts: KafkaParts,
    place: {
      readonly folder: string;
      readonly ports: KafkaPorts;
      readonly certificates: KafkaCertificates;
    },
    javaOptions: readonly string[],
  ) {
    this.#javaOptions = javaOptions;
    this.#parts = parts;
    this.#folder = place.folder;
    this.certificates = place.certificates;
    this.bootstrap = {
      plaintext: `127.0.0.1:${place.ports.plaintext}`,
      saslPlaintext: `127.0.0.1:${place.ports.saslPlaintext}`,
      saslSsl: `127.0.0.1:${place.ports.saslSsl}`,
      ssl: `127.0.0.1:${place.ports.ssl}`,
      proxied: `127.0.0.1:${place.ports.proxied}`,
    };
  }

  /** A new broker, ready for requests. */
  static async create(parts: KafkaParts, options: KafkaOptions = {}): Promise<KafkaBroker> {
    const folder = await mkdtemp(join(tmpdir(), 'helios-kafka-'));
    try {
      const ports = await freePorts();
      const certificates = await makeCertificates(folder);
      const settings = { ports, certificates, folder, ...options };
      await writeFile(join(folder, 'server.properties'), serverProperties(settings));
      const java = ['-Xmx512m', '-XX:+UseSerialGC'];
      if (options.isOptimised !== true) java.push('-XX:TieredStopAtLevel=1');
      const broker = new KafkaBroker(parts, { folder, ports, certificates }, java);
      await broker.#format(options.clusterId ?? usualClusterId);
      await broker.start();
      return broker;
    } catch (thrown) {
      await rm(folder, { recursive: true, force: true });
      throw thrown;
    }
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts what was stopped or killed, with the data it had. */
  async start(): Promise<void> {
    const program = ['-cp', this.#parts.jars, 'kafka.Kafka', this.#properties];
    const child = spawn(this.#parts.java, [...this.#javaOptions, ...program], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => {
        this.#output = `${this.#output}${bytes.toString()}`.slice(-outputKeptBytes);
      });
    }
    this.#child = child;
    await this.#untilReady(child);
  }

  /** Lets it finish: clients are told, partitions are flushed. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** As a power cut would, but for what the system still holds in memory. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** It neither answers nor closes its connections until `resume`. */
  freeze(): void {
    const { pid } = this.#child ?? {};
    if (pid === undefined) return;
    process.kill(pid, 'SIGSTOP');
    // A thread that is running stops a moment later, and could still answer.
    while (!isStopped(pid));
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Does something as the administrator. */
  async administer<T>(action: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Admin({
      clientId: 'helios-test',
      bootstrapBrokers: [this.bootstrap.plaintext],
      retries: 30,
      retryDelay: 100,
    });
    try {
      return await action(admin);
    } finally {
      await admin.close();
    }
  }

  /** A new topic; `config` has Kafka's own settings of topics. */
  async createTopic(
    name: string,
    partitions = 1,
    config: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const configs = Object.entries(config).map(([key, value]) => ({ name: key, value }));
    await this.administer(async (admin) => {
      await admin.createTopics({ topics: [name], partitions, replicas: 1, configs });
      const asked = Array.from({ length: partitions }, (_, index) => ({
        partitionIndex: index,
        timestamp: -1n,
      }));
      // Its leaders are ready a moment later; a producer would have to try some partitions twice.
      await admin.listOffsets({ topics: [{ name, partitions: asked }] });
    });
  }

  async deleteTopic(name: string): Promise<void> {
    await this.administer(async (admin) => await admin.deleteTopics({ topics: [name] }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #properties(): string {
    return join(this.#folder, 'server.properties');
  }

  async #format(clusterId: string): Promise<void> {
    const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=scram,password=scram-secret]`,
    ]);
    const program = ['-XX:TieredStopAtLevel=1', '-cp', this.#parts.jars, 'kafka.tools.StorageTool'];
    const words = ['format', '-t', clusterId, '-c', this.#properties, ...scram];
    await run(this.#parts.java, [...program, ...words]);
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const isGone = once(child, 'exit');
    child.kill(signal);
    await isGone;
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + readyTimeoutMs;
    let reason: unknown;
    while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
      try {
        await this.#ask();
        return;
      } catch (thrown) {
        reason = thrown;
      }
      await sleep(50);
    }
    await this.kill();
    throw new Error(`Kafka did not start: ${String(reason)}\n${this.#output}`);
  }

  /** Fails until there is a broker that takes requests. */
  async #ask(): Promise<void> {
    const admin = new Admin({
      clientId: 'helios-ready',
      bootstrapBrokers: [this.bootstrap.plaintext],
      retries: 0,
    });
    try {
      const { brokers } = await admin.metadata({ topics: [] });
      if (brokers.size === 0) throw new Error('It has no brokers yet.');
    } finally {
      await admin.close();
    }
  }
}

async function freePorts(): Promise<KafkaPorts> {
  const servers = Array.from({ length: 6 }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map(async (server) => await once(server, 'listening')));
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('There is no free port.');
    return address.port;
  });
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  const [plaintext = 0, saslPlaintext = 0, saslSsl = 0, ssl = 0, proxied = 0, controller = 0] =
    ports;
  return { plaintext, saslPlaintext, saslSsl, ssl, proxied, controller };
}

/** Whether all threads of a process have stopped: the letter behind the name in proc(5)'s stat. */
function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    const path = `/proc/${pid}/task/${thread}/stat`;
    // One that ended meanwhile has stopped, too.
    if (!existsSync(path)) return true;
    const facts = readFileSync(path, 'utf8');
    return facts.charAt(facts.lastIndexOf(')') + 2) === 'T';
  });
}
