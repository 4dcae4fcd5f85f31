import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { isUtf8 } from 'node:buffer';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { withOthers } from '../connection/failure/missing-stream.ts';
import type { Engine } from '../engine/engine.ts';
import { parseScript } from '../sql/parse-script.ts';
import type { ScriptError } from '../sql/script.ts';
import type {
  PeekAnswer,
  PeekedRecord,
  PeekRequest,
  PeekStart,
  StreamDescription,
  StreamLook,
  StreamSummary,
} from '../source/look.ts';
import type { MetadataColumn } from './draft-script.ts';
import { draftTable, type TableDraft } from './draft-table.ts';
import { dryRun, type DryRun, type DryRunPlace } from './dry-run.ts';
import { tableNameOf } from './table-name.ts';

export type DiscoveryOptions = {
  /** By the name of a connection; undefined: the streams of Helios's own log. `not_found`. */
  readonly openLook: (connection: string | undefined) => Promise<StreamLook>;
  readonly engine: Engine;
  /** A folder for files that are removed again; it is made. */
  readonly temporaryDirectory: string;
  /** The folder that a drafted table is to have, as scripts write it. */
  readonly pathOf: (table: string) => string;
  readonly clock: Clock;
};

export type InferRequest = {
  readonly connection: string | undefined;
  readonly stream: string;
  readonly from: Exclude<PeekStart, { kind: 'position' }>;
  /** Records to look at, of all partitions alike. */
  readonly count: number;
  /** Name of the table; undefined: made of the stream's. */
  readonly table: string | undefined;
  /** Where the pipeline is to start: `earliest`, `latest`, a time. */
  readonly offset: string;
  /** Keeps what comes beside the records in columns, instead of a comment that offers it. */
  readonly hasMetadata: boolean;
  /** For one look. */
  readonly timeoutMs: number;
  /** Where there is no record, one is waited for so long. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
};

export type InferAnswer = TableDraft & {
  readonly table: string;
  readonly sample: PeekAnswer;
};

/** What the first source of a script would do with records; or why it can't be told. */
export type Trial =
  | { readonly kind: 'errors'; readonly errors: readonly ScriptError[] }
  | { readonly kind: 'tried'; readonly source: string; readonly dryRun: DryRun };

/** Looks at streams, and drafts tables for them. */
export class Discovery {
  readonly #options: DiscoveryOptions;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  async streams(
    connection: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly StreamSummary[]> {
    return await this.#look(connection, async (look) => await look.streams(signal));
  }

  async describe(
    connection: string | undefined,
    stream: string,
    signal: AbortSignal,
  ): Promise<StreamDescription> {
    return await this.#look(connection, async (look) => {
      return await ofStream(
        look,
        { stream, signal },
        async () => await look.describe(stream, signal),
      );
    });
  }

  /** Where there is no record, waits up to `waitMs` for one. */
  async peek(
    connection: string | undefined,
    { waitMs, ...request }: PeekRequest & { readonly waitMs: number },
  ): Promise<PeekAnswer> {
    return await this.#look(connection, async (look) => await this.#peek(look, request, waitMs));
  }

  /** Looks at records of every partition, drafts a table that they fit, and tries it on them. */
  async infer(request: InferRequest): Promise<InferAnswer> {
    const { connection, stream, from, count, timeoutMs, waitMs, signal } = request;
    return await this.#look(connection, async (look) => {
      const peek = { stream, from, count, spread: 'even', timeoutMs, signal } as const;
      const sample = await this.#peek(look, peek, waitMs);
      const table = request.table ?? tableNameOf(stream);
      const known = metadataOf(look.kind, sample.records);
      const draft = await this.#draft(sample.records, {
        table,
        options: sourceOptions(look.kind, request),
        metadata: request.hasMetadata ? known : [],
        offered: request.hasMetadata ? [] : known,
        path: this.#options.pathOf(table),
      });
      return { ...draft, table, sample };
    });
  }

  /** Drafts a table for records that were looked at before; `source`: its options. */
  async draft(
    records: readonly PeekedRecord[],
    {
      table,
      source,
    }: { readonly table: string; readonly source: Readonly<Record<string, string>> },
  ): Promise<TableDraft> {
    const path = this.#options.pathOf(table);
    return await this.#draft(records, { table, options: source, metadata: [], offered: [], path });
  }

  /** Tries a script on records that were looked at before; nothing is read, and nothing made. */
  async try(sql: string, records: readonly PeekedRecord[]): Promise<Trial> {
    const parsed = parseScript(sql);
    if (parsed.kind === 'errors') return parsed;
    const [source] = parsed.script.sources;
    if (source === undefined) {
      throw new HeliosError('invalid_request', 'The script reads no source.', {
        hint: 'Declare one: CREATE TABLE name (…) WITH (connector = …).',
      });
    }
    const tried = await this.#inPlace(async (place) => await dryRun(source, records, place));
    return { kind: 'tried', source: source.name, dryRun: tried };
  }

  /** Between looks, only whether there is anything at all is asked: a read of each shard. */
  async #peek(look: StreamLook, request: PeekRequest, waitMs: number): Promise<PeekAnswer> {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + waitMs;
    const isAnywhere = request.from.kind === 'newest' || request.from.kind === 'oldest';
    const probe: PeekRequest = isAnywhere ? { ...request, from: oldest, count: 1 } : request;
    let answer = await ofStream(look, request, async () => await look.peek(request));
    let hasRecords = answer.records.length > 0;
    while (!hasRecords) {
      const leftMs = endMs - clock.monotonicMs();
      if (leftMs <= 0) return answer;
      await clock.sleep(Math.min(lookIntervalMs, leftMs), request.signal);
      hasRecords = (await look.peek(probe)).records.length > 0;
      if (hasRecords) answer = await look.peek(request);
    }
    return answer;
  }

  async #look<T>(
    connection: string | undefined,
    action: (look: StreamLook) => Promise<T>,
  ): Promise<T> {
    const look = await this.#options.openLook(connection);
    try {
      return await action(look);
    } finally {
      await look.close();
    }
  }

  async #draft(
    records: readonly PeekedRecord[],
    request: Parameters<typeof draftTable>[1],
  ): Promise<TableDraft> {
    return await this.#inPlace(async (place) => await draftTable(records, request, place));
  }

  async #inPlace<T>(action: (place: DryRunPlace) => Promise<T>): Promise<T> {
    const { engine, temporaryDirectory, clock } = this.#options;
    await mkdir(temporaryDirectory, { recursive: true });
    const directory = await mkdtemp(join(temporaryDirectory, 'sample-'));
    try {
      await using connection = await engine.connect();
      return await action({ connection, directory, nowMs: clock.nowMs() });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

/** Where a stream is not there, a list tells what is: who may not have one does without. */
async function ofStream<T>(
  look: StreamLook,
  { stream, signal }: Pick<PeekRequest, 'stream' | 'signal'>,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (thrown) {
    const isMissing = thrown instanceof HeliosError && thrown.code === 'stream_missing';
    if (!isMissing || look.kind === 'http') throw thrown;
    const others = await look.streams(signal).catch(() => []);
    const names = others.map(({ name }) => name);
    throw withOthers(thrown, stream, names);
  }
}

const oldest: PeekStart = { kind: 'oldest' };
/** Between two looks at a stream that has no records: as often as a pipeline reads a shard. */
const lookIntervalMs = 1000;

function sourceOptions(
  kind: StreamLook['kind'],
  { connection, stream, offset }: InferRequest,
): Readonly<Record<string, string>> {
  const start = { 'source.offset': offset };
  if (kind === 'http') {
    if (offset === 'earliest' || offset === 'latest')
      return { connector: 'http', stream, ...start };
    throw new HeliosError(
      'invalid_request',
      `A stream of Helios can't be read from ${offset} on.`,
      {
        hint: 'Start at earliest or latest, and leave out what is older in the SELECT.',
      },
    );
  }
  const profile = connection === undefined ? {} : { connection_profile: connection };
  if (kind === 'kafka') return { connector: 'kafka', ...profile, topic: stream, ...start };
  const named = stream.startsWith('arn:') ? { stream_arn: stream } : { stream_name: stream };
  return { connector: 'kinesis', ...profile, ...named, ...start };
}

function metadataOf(
  kind: StreamLook['kind'],
  records: readonly PeekedRecord[],
): readonly MetadataColumn[] {
  if (kind === 'http') return [];
  if (kind === 'kinesis') return kinesisColumns;
  const areTexts = records.every(({ key }) => key === null || isUtf8(key));
  const key = { name: 'kafka_key', type: areTexts ? 'TEXT' : 'BYTEA', key: 'key' };
  return [...kafkaColumns, key];
}

const kafkaColumns: readonly MetadataColumn[] = [
  { name: 'kafka_partition', type: 'INT', key: 'partition' },
  { name: 'kafka_offset', type: 'BIGINT', key: 'offset_id' },
  { name: 'kafka_timestamp', type: 'TIMESTAMP', key: 'timestamp' },
  { name: 'kafka_headers', type: 'JSON', key: 'headers' },
];

const kinesisColumns: readonly MetadataColumn[] = [
  { name: 'kinesis_shard_id', type: 'TEXT', key: 'shard_id' },
  { name: 'kinesis_sequence_number', type: 'TEXT', key: 'sequence_number' },
  { name: 'kinesis_partition_key', type: 'TEXT', key: 'partition_key' },
  { name: 'kinesis_arrived_at', type: 'TIMESTAMP', key: 'timestamp' },
];
