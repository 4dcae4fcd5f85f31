import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliResult, runToEnd } from '../../src/cli/testing/fixture.ts';
import type { PipelineAnswer, TableAnswer } from '../../src/server/api.ts';
import { KafkaBroker, type KafkaParts } from '../peers/kafka.ts';
import { produce } from '../peers/kafka-producers.ts';
import { startMoto } from '../peers/moto.ts';
import { HeliosProcess } from '../process/helios-process.ts';
import { until } from '../streams/until.ts';
import { createBucket } from './bucket.ts';

/** What somebody has on their machine who works with a lake in AWS. */
const credentials = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };
const region = 'us-east-1';
const topic = 'analytics';

/** A question that all engines understand, with `t` for the table. */
export const countAndSum: string = `SELECT count(*) AS n,
  sum(CAST(substr(app_version, 2) AS BIGINT)) AS versions,
  sum(length(campaign_id)) AS letters FROM t WHERE product = 'premium'`;

/**
 * The stack of the article "An AWS-based LOAD stack" with Helios in Arroyo's place: a broker that
 * wants SCRAM over TLS with a password from SSM, a bucket, and the article's own SQL.
 */
export class ArticleLake implements AsyncDisposable {
  readonly helios: HeliosProcess;
  /** Of the store, over HTTP. */
  readonly endpoint: string;
  readonly #folder: string;
  readonly #broker: KafkaBroker;
  readonly #bucket: string;
  readonly #opened: AsyncDisposableStack;
  #sent = 0;

  private constructor(parts: Parts, opened: AsyncDisposableStack) {
    this.#folder = parts.folder;
    this.#broker = parts.broker;
    this.#bucket = parts.bucket;
    this.helios = parts.helios;
    this.endpoint = parts.endpoint;
    this.#opened = opened;
  }

  /** Everything runs; there is no pipeline yet. There must be a Python, for the store. */
  static async start(kafka: KafkaParts): Promise<ArticleLake> {
    await using opened = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'helios-article-'));
    opened.defer(async () => await rm(folder, { recursive: true, force: true }));
    const moto = await startMoto();
    if (moto === undefined) throw new Error('There is no Python for the store.');
    const { endpoint } = opened.use(moto);
    await keepParameter(endpoint, '/analytics/redpanda/password', 'scram-secret');
    const bucket = await createBucket(endpoint);
    const broker = opened.use(await KafkaBroker.create(kafka));
    await broker.createTopic(topic, 3);
    const helios = await HeliosProcess.start({
      dataDirectory: join(folder, 'data'),
      environment: {
        ...credentials,
        AWS_REGION: region,
        AWS_ENDPOINT_URL_S3: endpoint,
        AWS_ENDPOINT_URL_SSM: endpoint,
      },
    });
    opened.use(helios);
    return new ArticleLake({ folder, broker, bucket, helios, endpoint }, opened.move());
  }

  /** The table for engines that are not Helios. */
  get tableUrl(): string {
    return `s3://${this.#bucket}/data/account_created`;
  }

  /** What tells AWS's tools where the store is, and who they are. */
  get environment(): Readonly<Record<string, string>> {
    return {
      ...credentials,
      AWS_REGION: region,
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ALLOW_HTTP: 'true',
    };
  }

  /** A command line as a person types it; fails with its words where it fails. */
  async cli(...words: readonly string[]): Promise<CliResult> {
    const environment = { HELIOS_URL: await this.helios.ready() };
    const result = await runToEnd(words, { environment, workingDirectory: this.#folder });
    if (result.exitCode !== 0) throw new Error(`helios ${words.join(' ')}: ${result.stderr}`);
    return result;
  }

  /** `helios connection create` and `helios pipeline create` with the article's names. */
  async createPipeline(): Promise<void> {
    const connection = ['connection', 'create', 'analytics-redpanda', '--kind', 'kafka'];
    const servers = ['--bootstrap-servers', this.#broker.bootstrap.saslSsl];
    const user = ['--mechanism', 'SCRAM-SHA-256', '--username', 'scram'];
    const secret = ['--password', 'ssm:/analytics/redpanda/password'];
    const trust = ['--ca', this.#broker.certificates.authority];
    await this.cli(...connection, ...servers, ...user, ...secret, ...trust);
    await this.cli('connection', 'test', 'analytics-redpanda');
    const text = await readFile(join(import.meta.dirname, 'article.sql'), 'utf8');
    const sql = text.replace('{S3_BUCKET}', this.#bucket);
    await writeFile(join(this.#folder, 'article.sql'), sql);
    await this.cli('pipeline', 'create', 'article', 'article.sql');
  }

  /** Events like the article's own; every third one makes an account. Waits until they are read. */
  async send(count: number): Promise<void> {
    const events = Array.from({ length: count }, (_, index) => eventOf(this.#sent + index));
    this.#sent += count;
    const records = events.map((event, index) => ({
      key: Buffer.from(event.user_id),
      value: Buffer.from(JSON.stringify(event)),
      partition: index % 3,
    }));
    await produce(this.#broker, topic, records, 'lz4');
    await until(
      async () => await this.helios.call<PipelineAnswer>('GET', '/api/v1/pipelines/article'),
      ({ sources: [source] }) =>
        (source?.partitions ?? []).reduce(
          (sum, { position }) => sum + Number.parseInt(position ?? '0', 10),
          0,
        ) === this.#sent,
    );
  }

  /** Rolls what is hot, and gives the version of the table that it made. */
  async roll(): Promise<number> {
    await this.cli('pipeline', 'stop', 'article', '--yes');
    const facts = await this.helios.call<TableAnswer>('GET', '/api/v1/tables/account_created_sink');
    if (facts.hot_rows > 0) throw new Error(`${facts.hot_rows} rows are still hot.`);
    return Number(facts.version);
  }

  /** The file of a notebook that asks this about `t`, by `helios sql --notebook`. */
  async notebook(sql: string): Promise<string> {
    const text = sql.replace('FROM t ', 'FROM account_created_sink ');
    await this.cli('sql', '-c', text, '--notebook', 'question.ipynb');
    return join(this.#folder, 'question.ipynb');
  }

  /** The answer of `helios sql` to a question about `t`, as numbers. */
  async ask(sql: string): Promise<readonly Readonly<Record<string, number>>[]> {
    const text = sql.replace('FROM t ', 'FROM account_created_sink ');
    const { stdout } = await this.cli('sql', '-c', text, '--format', 'ndjson');
    return numbersOf(
      stdout
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

type Parts = {
  readonly folder: string;
  readonly broker: KafkaBroker;
  readonly bucket: string;
  readonly helios: HeliosProcess;
  readonly endpoint: string;
};

/** Rows whose values are numbers, however an engine writes them. */
export function numbersOf(rows: readonly unknown[]): readonly Readonly<Record<string, number>>[] {
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row as object).map(([name, each]) => [name, Number(each)])),
  );
}

type ArticleEvent = { readonly user_id: string } & Readonly<Record<string, unknown>>;

function eventOf(index: number): ArticleEvent {
  const isAccount = index % 3 === 0;
  return {
    id: `687ed5c8-908d-467f-97e6-${String(index).padStart(12, '0')}`,
    // Four hours, and so as many folders.
    timestamp: new Date(Date.UTC(2025, 0, 15, 17 + (index % 4), 24, 53)).toISOString(),
    ip: '129.168.5.15',
    user_id: `bob_smith${index % 100}`,
    platform: index % 2 === 0 ? 'ios' : 'android',
    app_version: `v${index % 20}`,
    type: isAccount ? 'account_created' : 'product_view',
    properties: isAccount
      ? {
          signup_method: 'email',
          campaign_id: index % 5 === 0 ? 'WINTER2025' : 'SPRING',
          product: index % 2 === 0 ? 'premium' : 'free',
        }
      : { product_id: 'tent', price: 9.5 },
  };
}

/** As `aws ssm put-parameter` does; the emulator looks at no signature. */
async function keepParameter(endpoint: string, name: string, value: string): Promise<void> {
  const authorization = `AWS4-HMAC-SHA256 Credential=key/20250101/${region}/ssm/aws4_request`;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonSSM.PutParameter',
    },
    body: JSON.stringify({ Name: name, Value: value, Type: 'SecureString' }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}
