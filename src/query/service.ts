import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { HeliosError } from '../base/errors.ts';
import { type Connection, Engine } from '../engine/engine.ts';
import type { Schema } from '../event/schema.ts';
import { type FunctionInfo, functionList } from './function-docs/function-list.ts';
import { Gate, type GatedQuery } from './gate.ts';
import { QueryHistory } from './history.ts';
import { hasPassed } from './process/has-passed.ts';
import type { ProcessPool } from './process/process-pool.ts';
import type { SandboxCapabilities } from '../base/sandbox.ts';
import {
  type QueryLimits,
  type QueryProcesses,
  startProcesses,
} from './process/started-processes.ts';
import type { TableSource } from '../catalog/view.ts';
import type { QueryAnswer, QueryRecord, QueryRequest, QueryService } from './query.ts';
import { contentTypes, resultBody, withErrorLine } from './result-body.ts';
import { RunningQuery, type StartedQuery } from './running-query.ts';

export type QueryServiceOptions = {
  readonly tables: TableSource;
  /** Private folders of query processes are made here; those that a crash left are removed. */
  readonly tempDirectory: string;
  readonly limits?: Partial<QueryLimits> | undefined;
  readonly clock?: Clock | undefined;
  /** Those started before the rest was there; then their limits and clock are the service's. */
  readonly processes?: Promise<QueryProcesses> | undefined;
};

/** Answers SQL over `tables` in processes of their own. */
export async function createQueryService(options: QueryServiceOptions): Promise<QueryService> {
  const processes = await (options.processes ?? startProcesses(options));
  const parser = await Engine.open({
    threads: 1,
    memoryBytes: parserMemoryBytes,
    tempDirectory: join(options.tempDirectory, 'parser'),
  });
  const service = new ProcessQueryService({
    ...processes,
    tables: options.tables,
    parser,
    connection: await parser.connect(),
  });
  return service;
}

/** Enough to parse 64 KB of SQL; it never sees a row. */
const parserMemoryBytes = 128 * 1024 * 1024;

type ServiceParts = QueryProcesses & {
  readonly tables: TableSource;
  readonly parser: Engine;
  readonly connection: Connection;
};

class ProcessQueryService implements QueryService {
  readonly #parts: ServiceParts;
  readonly #pool: ProcessPool;
  readonly #gate: Gate;
  readonly #history: QueryHistory;
  /** They are the same as long as the program runs. */
  #functions: readonly FunctionInfo[] | undefined;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    this.#gate = new Gate(parts.connection);
    this.#history = new QueryHistory(parts.clock);
    this.#pool = parts.pool;
  }

  async run(request: QueryRequest): Promise<QueryAnswer> {
    const id = randomUUID();
    const rowsMax = this.#rowsMax(request);
    const timeoutMs = this.#timeoutMs(request);
    const { tables, clock } = this.#parts;
    this.#history.start(id, request.sql);
    const running = new RunningQuery({
      id,
      request,
      rowsMax,
      timeoutMs,
      pool: this.#pool,
      tables,
      clock,
      onEnd: (end) => this.#history.finish(id, end),
    });
    let started: StartedQuery;
    try {
      started = await running.start(await this.#pass(request));
    } catch (thrown) {
      throw await running.fail(thrown);
    }
    const { columns, saw } = started;
    const body = untilAbandoned(started, resultBody({ ...started, format: request.format }));
    const isLines = request.format === 'ndjson';
    return {
      id,
      contentType: contentTypes[request.format],
      columns,
      saw,
      body: isLines ? withErrorLine(body) : body,
    };
  }

  async tablesOf(request: Pick<QueryRequest, 'sql' | 'params'>): Promise<readonly string[]> {
    const { tables, past } = await this.#pass(request);
    return [...new Set(tables.map((name) => past?.get(name)?.table ?? name))];
  }

  async complete(
    text: string,
  ): Promise<readonly { readonly text: string; readonly start: number }[]> {
    const { tables, clock, limits } = this.#parts;
    const known = await knownSchemas(tables, clock);
    const lease = await this.#pool.lease(AbortSignal.timeout(limits.timeoutDefaultMs));
    const answered = new AbortController();
    const { signal } = answered;
    void hasPassed(clock, { durationMs: completionTimeoutMs, signal }).then((isLate) =>
      isLate ? lease.process.close() : undefined,
    );
    try {
      return await lease.process.complete({ text, tables: known });
    } finally {
      answered.abort();
      await lease.release('healthy');
    }
  }

  async functions(): Promise<readonly FunctionInfo[]> {
    this.#functions ??= await functionList(this.#parts.connection);
    return this.#functions;
  }

  history(): readonly QueryRecord[] {
    return this.#history.list();
  }

  capabilities(): SandboxCapabilities {
    return this.#parts.sandbox.capabilities;
  }

  async close(): Promise<void> {
    await this.#pool.close();
    this.#parts.connection.close();
    this.#parts.parser.close();
  }

  async #pass({ sql, params }: Pick<QueryRequest, 'sql' | 'params'>): Promise<GatedQuery> {
    const tableNames = this.#parts.tables.names();
    return await this.#gate.pass({
      sql,
      parameters: params ?? [],
      tableNames,
      nowMs: this.#parts.clock.nowMs(),
    });
  }

  #rowsMax({ maxRows, format }: QueryRequest): number | undefined {
    if (maxRows === undefined)
      return format === 'json' ? this.#parts.limits.rowsDefault : undefined;
    if (Number.isSafeInteger(maxRows) && maxRows >= 0) return maxRows;
    throw new HeliosError('invalid_request', `max_rows is ${maxRows}; it is a number of rows.`);
  }

  #timeoutMs({ timeoutMs }: QueryRequest): number {
    const { timeoutDefaultMs, timeoutMaxMs } = this.#parts.limits;
    if (timeoutMs === undefined) return timeoutDefaultMs;
    if (Number.isFinite(timeoutMs) && timeoutMs > 0 && timeoutMs <= timeoutMaxMs) return timeoutMs;
    throw new HeliosError('invalid_request', `timeout_ms is ${timeoutMs}.`, {
      hint: `It is a number of milliseconds, at most ${timeoutMaxMs}.`,
    });
  }
}

type KnownSchema = { readonly name: string; readonly schema: Schema };

/** What can be had soon: one table that is slow, or away, holds up none of the others. */
async function knownSchemas(tables: TableSource, clock: Clock): Promise<readonly KnownSchema[]> {
  const known: KnownSchema[] = [];
  const asked = tables.names().map(async (name) => {
    const schema = await tables.schemaOf(name);
    if (schema !== undefined) known.push({ name, schema });
  });
  const answered = new AbortController();
  const late = hasPassed(clock, { durationMs: schemasTimeoutMs, signal: answered.signal });
  try {
    await Promise.race([Promise.all(asked), late]);
  } finally {
    answered.abort();
  }
  return [...known];
}

/** Completions wait for the tables' columns so long. */
const schemasTimeoutMs = 500;

/** A completion that takes longer is worth nothing. */
const completionTimeoutMs = 2000;

/** Ends the query when its reader stops before the end. */
async function* untilAbandoned(
  started: StartedQuery,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    await started.abandon();
  }
}
