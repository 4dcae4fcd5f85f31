import { cpSync, mkdtempSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../../base/clock.ts';
import { Catalog } from '../../catalog/catalog.ts';
import { DeltaTable } from '../../delta/table.ts';
import { Engine, type Row } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import { EventLog } from '../../log/event-log.ts';
import { SingleFileSink } from '../../sink/single-file/single-file-sink.ts';
import { BlackholeSink } from '../../sink/stdout/stdout-sink.ts';
import { FilesystemSource } from '../../source/filesystem/filesystem-source.ts';
import { HttpSource } from '../../source/http/http-source.ts';
import { SingleFileSource } from '../../source/single-file/single-file-source.ts';
import type { Source } from '../../source/source.ts';
import { FileStorage } from '../../storage/file/file-storage.ts';
import type { Connectors } from '../open-pipeline.ts';
import { resolvePath } from '../sinks/resolve-path.ts';
import { Supervisor } from '../supervisor.ts';
import { pinTable } from '../tables/pinned-views.ts';
import type { LookupTables } from '../lookup/lookup-tables.ts';
import { QueryableTables } from '../tables/queryable-tables.ts';
import { TableRegistry } from '../tables/table-registry.ts';

/** A clock on which waits between attempts take no time. */
const hastyClock: Clock = {
  ...systemClock,
  sleep: async (durationMs, signal) => {
    await systemClock.sleep(Math.min(durationMs, 5), signal);
  },
};

export type FixtureOptions = {
  /** The pipelines' clock; one that hardly ever waits unless given. */
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Sources open when this resolves, and fail as it does. */
  readonly opening?: Promise<void> | undefined;
  /** Bytes of a batch, after which sources end it; theirs unless given. */
  readonly batchBytesMax?: (() => number) | undefined;
  /** The tables that scripts may look up. */
  readonly lookups?: ((queryable: QueryableTables, directory: string) => LookupTables) | undefined;
};

/** Pipelines over a data directory of their own, with real files, a real log and a real engine. */
export class PipelineFixture implements AsyncDisposable {
  readonly directory: string;
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly log: EventLog;
  readonly registry: TableRegistry;
  readonly supervisor: Supervisor;
  readonly options: FixtureOptions;
  #isClosed = false;

  private constructor(
    parts: Pick<PipelineFixture, 'directory' | 'engine' | 'catalog' | 'log'>,
    options: FixtureOptions,
  ) {
    const { clock = hastyClock, random = Math.random, opening, batchBytesMax } = options;
    this.options = options;
    this.directory = parts.directory;
    this.engine = parts.engine;
    this.catalog = parts.catalog;
    this.log = parts.log;
    this.registry = new TableRegistry({
      catalog: this.catalog,
      engine: this.engine,
      clock: hastyClock,
      random: Math.random,
      newId: randomUUID,
      openStorage: async (location) => new FileStorage(location),
      onProblem: () => undefined,
      temporaryDirectory: join(this.directory, 'tmp'),
    });
    const { catalog, engine, registry } = this;
    const temporaryDirectory = join(this.directory, 'tmp');
    const queryable = new QueryableTables({ registry, catalog, engine, temporaryDirectory });
    this.supervisor = new Supervisor({
      lookups: options.lookups?.(queryable, temporaryDirectory),
      dataDirectory: this.directory,
      baseDirectory: this.directory,
      engine: this.engine,
      registry: this.registry,
      catalog: this.catalog,
      clock,
      random,
      newId: randomUUID,
      onProblem: () => undefined,
      connectors: connectorsOf(this.log, this.directory, { opening, batchBytesMax }),
      canPrint: false,
      prepare: async (plan) => {
        for (const { connector } of plan.script.sources) {
          if (connector.kind === 'http') await this.log.ensureStream(connector.stream);
        }
      },
      forget: async (pipelineId, plan) => {
        const read = (plan?.script.sources ?? []).map(({ connector }) =>
          connector.kind === 'http' ? connector.stream : '',
        );
        for (const { name } of this.log.listStreams()) {
          if (!read.includes(name)) await this.log.removeHold(name, pipelineId);
        }
      },
      onFailed: () => undefined,
    });
  }

  /** Opens what is at `directory`, or a new folder. */
  static async open(directory?: string, options: FixtureOptions = {}): Promise<PipelineFixture> {
    const root = directory ?? (await mkdtemp(join(tmpdir(), 'helios-pipeline-')));
    await mkdir(join(root, 'tmp', 'spool'), { recursive: true });
    const engine = await Engine.open({
      threads: 2,
      memoryBytes: 512 * 1024 * 1024,
      tempDirectory: join(root, 'tmp', 'engine'),
    });
    const log = await EventLog.open({
      directory: root,
      clock: systemClock,
      onProblem: () => undefined,
    });
    const catalog = new Catalog(join(root, 'catalog.db'));
    const fixture = new PipelineFixture({ directory: root, engine, catalog, log }, options);
    await fixture.registry.openAll();
    return fixture;
  }

  /** Copies all files without waiting: what a crash at this moment leaves. */
  copied(): string {
    const copy = mkdtempSync(join(tmpdir(), 'helios-crashed-'));
    cpSync(this.directory, copy, { recursive: true });
    return copy;
  }

  /** Closes, and opens again in place. */
  async reopened(): Promise<PipelineFixture> {
    await this.close();
    const again = await PipelineFixture.open(this.directory, this.options);
    await again.supervisor.startAll();
    return again;
  }

  /** Appends records to a stream; gives the position after them. */
  async send(stream: string, records: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const lines = [Buffer.from(records.map((record) => `${record}\n`).join(''))];
    const { partition, to } = await this.log.append(stream, { lines });
    return new Map([[String(partition), String(to)]]);
  }

  /** As `send`, and waits until every pipeline that reads the stream has published them. */
  async sendAndWait(stream: string, records: readonly string[]): Promise<void> {
    const positions = await this.send(stream, records);
    const reached = await this.supervisor.waitUntilQueryable(stream, positions, 20_000);
    if (reached !== 'queryable') throw new Error(`not queryable: ${this.state()}`);
  }

  /** Rows of a table, hot and cold. */
  async rows(table: string, select = '*'): Promise<readonly Row[]> {
    const open = this.registry.get(table);
    if (open === undefined) return [];
    const view = await pinTable(open);
    try {
      const files = view.files.map((file) => quoteText(file.path)).join(', ');
      if (files === '') return [];
      await using connection = await this.engine.connect();
      return await connection.rows(
        `SELECT ${select} FROM read_parquet([${files}], union_by_name = true)`,
      );
    } finally {
      view.release();
    }
  }

  /** A Delta table's newest snapshot as somebody else reads it. */
  async delta(path: string): Promise<DeltaTable> {
    const table = await DeltaTable.open(new FileStorage(join(this.directory, path)), {
      engine: this.engine,
      clock: systemClock,
      random: Math.random,
      temporaryFolder: join(this.directory, 'tmp'),
    });
    if (table === undefined) throw new Error(`no table at ${path}`);
    return table;
  }

  /** States and errors of all pipelines, for messages. */
  state(): string {
    return JSON.stringify(
      this.supervisor
        .list()
        .map(({ name, state, error, epoch }) => ({ name, state, error, epoch })),
    );
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.supervisor.close();
    await this.log.close();
    this.catalog.close();
    this.engine.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function connectorsOf(
  log: EventLog,
  directory: string,
  { opening, batchBytesMax }: FixtureOptions,
): Connectors {
  const spoolDirectory = join(directory, 'tmp', 'spool');
  const openSource: Connectors['source'] = async ({ connector }, scope) => {
    if (connector.kind === 'http') {
      return await HttpSource.open({ ...connector, log, reader: scope.pipelineId });
    }
    if (connector.kind === 'kafka' || connector.kind === 'kinesis') {
      throw new Error(`the fixture has no ${connector.kind}`);
    }
    const path = resolvePath(connector.path, scope.baseDirectory);
    const { compression } = connector;
    if (connector.kind === 'single_file') {
      return await SingleFileSource.open({ path, compression, spoolDirectory });
    }
    const { pattern } = connector;
    const content = 'lines';
    return await FilesystemSource.open({ path, pattern, compression, content, spoolDirectory });
  };
  return {
    source: async (table, scope) => {
      await opening;
      const source = await openSource(table, scope);
      return batchBytesMax === undefined ? source : inBites(source, batchBytesMax);
    },
    appendSink: async (connector, scope) => {
      if (connector.kind !== 'single_file') return new BlackholeSink();
      return new SingleFileSink(resolvePath(connector.path, scope.baseDirectory), 'json');
    },
    problems: () => [],
  };
}

/** Ends the source's batches earlier than it would. */
function inBites(source: Source, batchBytesMax: () => number): Source {
  const read = source.read.bind(source);
  source.read = async (request) => {
    return await read({ ...request, bytesMax: Math.min(request.bytesMax, batchBytesMax()) });
  };
  return source;
}
