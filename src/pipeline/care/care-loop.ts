import { asHeliosError, HeliosError } from '../../base/errors.ts';
import type { OpenTable } from '../tables/table-registry.ts';
import type { CareContext } from './care-context.ts';
import { TableWork } from './table-work.ts';

/** How often tables are looked at: in memory, asking nothing of anybody. */
const lookMs = 5_000;
/** After a run that failed a table is left alone for this long, and twice as long each time. */
const failureMs = 60_000;
const failureMsMax = 3_600_000;
/** Listing a table's folder is what costs most. */
const vacuumMs = 86_400_000;
/** A start is no time for it. */
const firstVacuumMs = 600_000;

type Cared = {
  readonly table: OpenTable;
  readonly work: TableWork;
  failures: number;
  restUntilMs: number;
  turn: Promise<unknown>;
};

/** Looks after all tables of this process, one after another. */
export class CareLoop {
  readonly #context: CareContext;
  readonly #stop = new AbortController();
  readonly #tables = new WeakMap<OpenTable, Cared>();
  readonly #startedAtMs: number;
  #running: Promise<void> = Promise.resolve();

  constructor(context: CareContext) {
    this.#context = context;
    this.#startedAtMs = context.clock.nowMs();
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort(new HeliosError('cancelled', 'Helios stops.'));
    await this.#running;
  }

  workOf(table: OpenTable): TableWork {
    return this.#caredFor(table).work;
  }

  /** What is done for one table is done one after another. */
  async inTurn<T>(name: string, action: () => Promise<T>): Promise<T> {
    const table = this.#context.registry.get(name);
    if (table === undefined) return await action();
    const cared = this.#caredFor(table);
    const turn = cared.turn.then(action);
    cared.turn = turn.catch(() => undefined);
    return await turn;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const { clock, registry } = this.#context;
    while (!signal.aborted) {
      await clock.sleep(lookMs, signal).catch(() => undefined);
      for (const table of registry.all()) {
        if (!signal.aborted) await this.#look(this.#caredFor(table));
      }
    }
  }

  async #look(cared: Cared): Promise<void> {
    // Those that could not be looked at are looked at the next time.
    await cared.work.lookAtCommits().catch(() => undefined);
    const nowMs = this.#context.clock.nowMs();
    if (nowMs < cared.restUntilMs || !isWanted(cared.table)) return;
    try {
      await this.inTurn(cared.table.entry.name, async () => await this.#care(cared, nowMs));
      cared.failures = 0;
    } catch (thrown) {
      // The journal has it. What is in the way of one table is not in the way of others.
      const isStopped = asHeliosError(thrown).code === 'cancelled';
      if (!isStopped) cared.failures++;
      const restMs = Math.min(failureMs * 2 ** (cared.failures - 1), failureMsMax);
      cared.restUntilMs = nowMs + restMs;
    }
  }

  async #care({ table, work }: Cared, nowMs: number): Promise<void> {
    const options = { signal: this.#stop.signal, onProgress: () => undefined };
    if (work.due().bins.length > 0) {
      const result = await work.compactDue(options);
      const [refusal] = result?.refusals ?? [];
      if (refusal !== undefined) throw refusal;
    }
    if (!this.#isVacuumDue(table, nowMs)) return;
    const request = { retentionMs: work.retentionMs(), isDryRun: false, reason: 'once a day' };
    await work.vacuum(request, options);
  }

  #isVacuumDue({ entry }: OpenTable, nowMs: number): boolean {
    if (nowMs - this.#startedAtMs < firstVacuumMs) return false;
    const newest = this.#context.journal.newestOf(entry.name, 'vacuum');
    return newest === undefined || nowMs - newest.startedAtMs >= vacuumMs;
  }

  #caredFor(table: OpenTable): Cared {
    const known = this.#tables.get(table);
    if (known !== undefined) return known;
    const work = new TableWork(this.#context, table);
    const cared = { table, work, failures: 0, restUntilMs: 0, turn: Promise.resolve() };
    this.#tables.set(table, cared);
    return cared;
  }
}

/** Unless one of its pipelines says that it isn't. */
function isWanted({ feeders }: OpenTable): boolean {
  return [...feeders].every(
    ({ live }) => live.sink.kind !== 'table' || live.sink.care?.isOn !== false,
  );
}
