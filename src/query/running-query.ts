import type { Clock } from '../base/clock.ts';
import { asHeliosError, HeliosError } from '../base/errors.ts';
import type { GatedQuery } from './gate.ts';
import { hasPassed } from './process/has-passed.ts';
import type { LinkedFiles } from './process/linked-files.ts';
import type { ResultColumnInfo, ViewStatements } from './process/messages.ts';
import type { Lease, ProcessPool } from './process/process-pool.ts';
import type { Execution } from './process/query-process.ts';
import { fetchFiles } from './fetched-files.ts';
import { type PrunedView, pruneViews } from './pruned-view.ts';
import type { PinnedView, TableSource } from '../catalog/view.ts';
import type { QueryRequest, Saw } from './query.ts';
import type { ResultEnd } from './result-body.ts';
import { withFileNames } from './view-parts/attached-failure.ts';
import { usedColumns } from './used-columns.ts';
import { viewStatements } from './view-sql.ts';

export type RunContext = {
  readonly id: string;
  readonly request: QueryRequest;
  readonly rowsMax: number | undefined;
  readonly timeoutMs: number;
  readonly pool: ProcessPool;
  readonly tables: TableSource;
  readonly clock: Clock;
  readonly onEnd: (end: {
    readonly durationMs: number;
    readonly outcome: number | HeliosError;
  }) => void;
};

/**
 * A query that the process must have given up this long after it was asked to; then it is killed.
 */
const graceMs = 2000;

/**
 * So much of a result is waited for before the first byte: a small one fails as a whole or not at
 * all.
 */
const firstBytesMax = 256 * 1024;

/**
 * One query's life: a process, its files, a deadline. Whatever happens, `#end` runs once: it gives
 * the process and its files back (healthy only if the query ran to its end) and settles the
 * history.
 */
export class RunningQuery {
  readonly #context: RunContext;
  readonly #startedMs: number;
  readonly #stop = new AbortController();
  readonly #timers = new AbortController();
  #lease: Lease | undefined;
  #execution: Execution | undefined;
  #isEnded = false;

  constructor(context: RunContext) {
    this.#context = context;
    this.#startedMs = context.clock.monotonicMs();
    this.#watch();
  }

  /**
   * Starts the gated query; resolves with its columns once it has finished or written its first
   * bytes.
   */
  async start(gated: GatedQuery): Promise<StartedQuery> {
    try {
      return await this.#start(gated);
    } catch (thrown) {
      const failure = this.#failure(thrown);
      await this.#end(failure);
      throw failure;
    }
  }

  /** For a failure before `start`, such as the gate's. */
  async fail(thrown: unknown): Promise<HeliosError> {
    const failure = this.#failure(thrown);
    await this.#end(failure);
    return failure;
  }

  async #start(gated: GatedQuery): Promise<StartedQuery> {
    const { pool, request, rowsMax } = this.#context;
    const signal = this.#stop.signal;
    this.#lease = await pool.lease(signal);
    const { process } = this.#lease;
    const views = await this.#views(gated, process.files);
    signal.throwIfAborted();
    this.#execution = process.run({
      sql: gated.sql,
      explain: gated.explain,
      parameters: request.params ?? [],
      format: request.format,
      rowsMax,
      cellBytesMax: request.cellBytesMax,
      views: views.statements,
      onProgress: (rowsRead, percent) => request.onProgress?.({ rowsRead, percent }),
    });
    const reader = new FirstBytes(this.#execution.bytes);
    await reader.fill(firstBytesMax);
    const columns = await this.#execution.columns;
    if (reader.isEnded) await this.#execution.finished;
    return {
      columns,
      saw: views.saw,
      rows: this.#rows(reader),
      end: () => this.#finish(),
      abandon: () => this.#end(cancelled()),
    };
  }

  async #views(
    gated: GatedQuery,
    files: LinkedFiles,
  ): Promise<{ readonly statements: readonly ViewStatements[]; readonly saw: readonly Saw[] }> {
    const { tables, request, clock } = this.#context;
    if (gated.tables.length === 0) return { statements: [], saw: [] };
    const pinned = await pinAll(tables, gated);
    try {
      const parameters = request.params ?? [];
      const pruned = pruneViews(pinned, { gated, parameters, nowMs: clock.nowMs() });
      const local = await fetchFiles(pruned, usedColumns(gated.query), this.#stop.signal);
      const linked = await files.link(local);
      return { statements: linked.map(viewStatements), saw: pruned.map(sawOf) };
    } finally {
      for (const view of pinned) view.release();
    }
  }

  async *#rows(reader: FirstBytes): AsyncGenerator<Uint8Array> {
    try {
      yield* reader.all();
    } catch (thrown) {
      throw await this.fail(thrown);
    }
  }

  async #finish(): Promise<ResultEnd> {
    const { rowsMax } = this.#context;
    try {
      const rowCount = (await this.#execution?.finished)?.rowCount ?? 0;
      const isTruncated = rowsMax !== undefined && rowCount > rowsMax;
      const end = { rowCount: isTruncated ? rowsMax : rowCount, isTruncated };
      await this.#end(end.rowCount);
      return { ...end, durationMs: this.#durationMs() };
    } catch (thrown) {
      throw await this.fail(thrown);
    }
  }

  #watch(): void {
    const { request, clock, timeoutMs } = this.#context;
    const onAbort = (): void => this.#stop.abort(cancelled());
    request.signal.addEventListener('abort', onAbort);
    this.#timers.signal.addEventListener('abort', () => {
      request.signal.removeEventListener('abort', onAbort);
    });
    this.#stop.signal.addEventListener('abort', () => void this.#giveUp());
    void hasPassed(clock, { durationMs: timeoutMs, signal: this.#timers.signal }).then((isLate) =>
      isLate ? this.#stop.abort(timedOut(timeoutMs)) : undefined,
    );
    if (request.signal.aborted) onAbort();
  }

  async #giveUp(): Promise<void> {
    const { clock } = this.#context;
    this.#lease?.process.cancel();
    const finished = this.#execution?.finished.catch(() => undefined);
    const grace = hasPassed(clock, { durationMs: graceMs, signal: this.#timers.signal });
    await Promise.race([finished ?? grace, grace]);
    await this.#end(this.#failure(this.#stop.signal.reason));
  }

  /** What stopped the query says more than what broke because of that. */
  #failure(thrown: unknown): HeliosError {
    if (this.#stop.signal.aborted) return asHeliosError(this.#stop.signal.reason);
    return withFileNames(
      asHeliosError(thrown),
      this.#lease?.process.files.attachedNames ?? new Map(),
    );
  }

  #durationMs(): number {
    return this.#context.clock.monotonicMs() - this.#startedMs;
  }

  async #end(outcome: number | HeliosError): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#timers.abort();
    this.#context.onEnd({ durationMs: this.#durationMs(), outcome });
    // An error of the SQL leaves the process as it was; anything that stopped it half-way does not.
    const isRegular = this.#hasRunItsCourse();
    if (!isRegular) this.#execution?.bytes.destroy();
    this.#lease?.process.files.release();
    await this.#lease?.release(isRegular ? 'healthy' : 'spoiled');
  }

  #hasRunItsCourse(): boolean {
    if (this.#stop.signal.aborted) return false;
    if (this.#execution === undefined) return true;
    const outcome = this.#execution.outcome();
    return outcome instanceof HeliosError ? harmlessCodes.has(outcome.code) : outcome === 'done';
  }
}

export type StartedQuery = {
  readonly columns: readonly ResultColumnInfo[];
  readonly saw: readonly Saw[];
  readonly rows: AsyncIterable<Uint8Array>;
  /** What it came to; to be called after the last of `rows`. */
  readonly end: () => Promise<ResultEnd>;
  /** For a reader who goes away; nothing once the query has ended. */
  readonly abandon: () => Promise<void>;
};

const harmlessCodes: ReadonlySet<string> = new Set([
  'invalid_sql',
  'query_failed',
  'invalid_request',
]);

function cancelled(): HeliosError {
  return new HeliosError('cancelled', 'The query was cancelled.');
}

function timedOut(timeoutMs: number): HeliosError {
  return new HeliosError('timeout', `The query was stopped after its ${timeoutMs} ms.`, {
    hint: 'Narrow it down by time, or ask with a larger timeout_ms.',
  });
}

async function pinAll(
  tables: TableSource,
  { tables: names, past = new Map() }: GatedQuery,
): Promise<readonly PinnedView[]> {
  const pinned = [...(await tables.pin(names.filter((name) => !past.has(name))))];
  try {
    for (const [name, { table, time }] of past) {
      pinned.push({ ...(await tables.pinAt(table, time)), name, tableName: table });
    }
    return pinned;
  } catch (thrown) {
    for (const view of pinned) view.release();
    throw thrown;
  }
}

function sawOf({ view, prunedCount }: PrunedView): Saw {
  const { newestEventMs } = view;
  return {
    table: view.tableName ?? view.name,
    version: view.version,
    epoch: view.epoch,
    newest_event: newestEventMs === undefined ? undefined : new Date(newestEventMs).toISOString(),
    hot_rows: view.hotRows,
    hot_rows_missing_of: view.unreadOf,
    files_read: view.files.length,
    files_pruned: prunedCount,
  };
}

/** Reads ahead the beginning of a stream, so that an error that comes early comes instead of it. */
class FirstBytes {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #ahead: Uint8Array[] = [];
  isEnded = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async fill(bytesMax: number): Promise<void> {
    let byteLength = 0;
    while (byteLength < bytesMax) {
      const next = await this.#source.next();
      if (next.done === true) {
        this.isEnded = true;
        return;
      }
      byteLength += next.value.byteLength;
      this.#ahead.push(next.value);
    }
  }

  async *all(): AsyncGenerator<Uint8Array> {
    yield* this.#ahead;
    while (!this.isEnded) {
      const next = await this.#source.next();
      if (next.done === true) return;
      yield next.value;
    }
  }
}
