import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { HeliosError } from '../../src/base/errors.ts';
import { type KafkaAccess, resolveKafkaAccess } from '../../src/connection/kafka/kafka-access.ts';
import { ReferencedSecrets } from '../../src/connection/secrets.ts';
import type { Batch, Position } from '../../src/event/record.ts';
import { KafkaSource } from '../../src/source/kafka/kafka-source.ts';
import type { RecordForm, Source } from '../../src/source/source.ts';
import type { KafkaTable } from '../../src/sql/script.ts';

const lineForm: RecordForm = { kind: 'lines', isBinary: false, metadata: [] };

/** References stand for themselves, but those to files. */
async function accessBy(options: Readonly<Record<string, string>>): Promise<KafkaAccess> {
  const context = { environment: {}, clock: systemClock, random: Math.random };
  const secrets = new ReferencedSecrets(context);
  return await resolveKafkaAccess(options, {
    secrets: {
      resolve: async (reference) =>
        reference.startsWith('file:') ? await secrets.resolve(reference) : reference,
    },
    environment: {},
    clock: systemClock,
    random: Math.random,
  });
}

export function topicTable(topic: string, more: Partial<KafkaTable> = {}): KafkaTable {
  return {
    kind: 'kafka',
    connection: { profile: undefined, options: {} },
    topics: { kind: 'names', names: [topic] },
    offset: { kind: 'earliest' },
    groupId: undefined,
    isolation: 'read_committed',
    ...more,
  };
}

export type SourceExtras = {
  readonly form?: RecordForm;
  readonly clock?: Clock;
  readonly requestTimeoutMs?: number;
  /** Of the connection, besides the servers. */
  readonly options?: Readonly<Record<string, string>>;
};

/** What a source does every half a minute it does every quarter of a second. */
export const hastyClock: Clock = {
  ...systemClock,
  sleep: async (durationMs, abort) => await systemClock.sleep(Math.min(durationMs, 250), abort),
};

/** Sources over one broker, and what they leave behind. */
export class OpenedSources implements AsyncDisposable {
  readonly problems: HeliosError[] = [];
  readonly #folder: string;
  readonly #sources: Source[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<OpenedSources> {
    return new OpenedSources(await mkdtemp(join(tmpdir(), 'helios-kafka-source-')));
  }

  async open(
    bootstrap: string,
    table: KafkaTable,
    { form = lineForm, clock = systemClock, requestTimeoutMs = 30_000, options }: SourceExtras = {},
  ): Promise<KafkaSource> {
    const access = await accessBy({ bootstrap_servers: bootstrap, ...options });
    const source = await KafkaSource.open({
      table,
      form,
      access: { ...access, client: { ...access.client, requestTimeout: requestTimeoutMs } },
      spoolDirectory: this.#folder,
      clock,
      random: Math.random,
      onProblem: (problem) => this.problems.push(problem),
    });
    this.#sources.push(source);
    return source;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const source of this.#sources) await source.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** One record as it was read: where it stood, and its line, parsed where it is an envelope. */
export type ReadRecord = { readonly position: string; readonly line: string };

/** All records of a partition that there are now, and where reading them ended. */
export async function readAll(
  source: Source,
  partition: string,
  start?: Position,
): Promise<{ readonly records: readonly ReadRecord[]; readonly to: Position | undefined }> {
  const records: ReadRecord[] = [];
  let to = start;
  for (;;) {
    const batch = await source.read({ partition, after: to, bytesMax: 1_000_000, signal });
    if (batch === undefined) return { records, to };
    records.push(...(await recordsOf(batch)));
    to = batch.to;
  }
}

/** The lines of a batch, which is released. */
export async function recordsOf(batch: Batch): Promise<readonly ReadRecord[]> {
  if (batch.content.kind === 'parquet') throw new Error('Kafka has no Parquet');
  const text = await readFile(batch.content.path, 'utf8');
  const records: ReadRecord[] = [];
  let byteOffset = 0;
  for (const line of text.split('\n').slice(0, -1)) {
    records.push({ position: batch.positionAt(byteOffset), line });
    byteOffset += Buffer.byteLength(line) + 1;
  }
  await batch.release();
  return records;
}

/** The next batch of a partition; waits for it. */
export async function nextBatch(
  source: Source,
  partition: string,
  after?: Position,
  bytesMax = 1_000_000,
): Promise<Batch> {
  for (;;) {
    const batch = await source.read({ partition, after, bytesMax, signal });
    if (batch !== undefined) return batch;
    const positions = after === undefined ? new Map() : new Map([[partition, after]]);
    await source.waitForRecords(positions, AbortSignal.timeout(30_000));
  }
}

/** Never aborts. */
export const signal: AbortSignal = new AbortController().signal;
