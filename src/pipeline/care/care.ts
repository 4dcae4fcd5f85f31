import { HeliosError } from '../../base/errors.ts';
import { type Catalog, notFound } from '../../catalog/catalog.ts';
import { type HistoryEntry, readHistory } from '../../delta/log/history.ts';
import type { OpenTable } from '../tables/table-registry.ts';
import type { CareContext } from './care-context.ts';
import { CareLoop } from './care-loop.ts';
import type { CompactionResult } from './compaction.ts';
import { describeTable, type TableDescription } from './describe.ts';
import { restore, type RestoreResult, type RestoreTo } from './restore.ts';
import type { OptimizeRequest, TableWork, WorkOptions } from './table-work.ts';
import { checkRetention, type VacuumResult } from './vacuum.ts';

export type TableCareContext = CareContext & {
  readonly catalog: Catalog;
  /** Every name that SQL knows, for did-you-mean. */
  readonly names: () => readonly string[];
  /** Names of the pipelines that write to a table. */
  readonly feedersOf: (table: string) => readonly string[];
};

export type VacuumRequest = {
  /** Unless given, as long as the table says. */
  readonly retentionMs: number | undefined;
  readonly isDryRun: boolean;
  readonly isForced: boolean;
};

export type RestoreRequest = { readonly to: RestoreTo; readonly isDryRun: boolean };

/** A restore, and who writes to the table. */
export type RestoreAnswer = RestoreResult & { readonly feeders: readonly string[] };

type Readable = Pick<OpenTable, 'storage' | 'delta'>;

/** What is done to tables besides writing rows: by itself, and when somebody asks. */
export class TableCare {
  readonly #context: TableCareContext;
  readonly #loop: CareLoop;

  constructor(context: TableCareContext) {
    this.#context = context;
    this.#loop = new CareLoop(context);
  }

  /** Begins to look after the tables. */
  start(): void {
    this.#loop.start();
  }

  async close(): Promise<void> {
    await this.#loop.close();
    await this.#context.journal.settle();
  }

  /** Fails unless Helios takes care of the table: `not_found`, or `not_allowed`. */
  check(name: string): void {
    this.#own(name);
  }

  /** Merges all files of a table that can be. */
  async optimize(
    name: string,
    request: OptimizeRequest,
    options: WorkOptions,
  ): Promise<CompactionResult> {
    const work = this.#workOf(name);
    return await this.#loop.inTurn(name, async () => await work.optimize(request, options));
  }

  /** Deletes files that no version within the retention needs. */
  async vacuum(
    name: string,
    { retentionMs: asked, isDryRun, isForced }: VacuumRequest,
    options: WorkOptions,
  ): Promise<VacuumResult> {
    const work = this.#workOf(name);
    const retentionMs = asked ?? work.retentionMs();
    checkRetention(this.#own(name).delta.snapshot(), retentionMs, isForced);
    const request = { retentionMs, isDryRun, reason: 'asked for' };
    return await this.#loop.inTurn(name, async () => await work.vacuum(request, options));
  }

  /** Makes a table what it was. Pipelines that feed it don't write again what it takes away. */
  async restore(
    name: string,
    { to, isDryRun }: RestoreRequest,
    signal: AbortSignal,
  ): Promise<RestoreAnswer> {
    const table = this.#own(name);
    const work = this.#workOf(name);
    const context = { ...table, pace: this.#context.pace, signal };
    const result = await this.#loop.inTurn(
      name,
      async () =>
        await (isDryRun
          ? restore(context, to, true)
          : work.restored(async () => await restore(context, to, false))),
    );
    return { ...result, feeders: this.#context.feedersOf(table.entry.name) };
  }

  /** The newest versions of a table, also of one that somebody else writes. */
  async history(name: string, countMax: number): Promise<readonly HistoryEntry[]> {
    const { storage, delta } = await this.#readable(name);
    const { version } = await delta.refresh();
    return await readHistory(storage, version, countMax);
  }

  async describe(name: string): Promise<TableDescription> {
    const table = await this.#readable(name);
    const own = this.#context.registry.get(name);
    const known = own?.entry ?? this.#context.catalog.table(name);
    return await describeTable(table, {
      name: known?.name ?? name,
      isOwn: own !== undefined,
      feeders: this.#context.feedersOf(known?.name ?? name),
      targetBytes: own === undefined ? undefined : this.#workOf(name).targetBytes(),
    });
  }

  #workOf(name: string): TableWork {
    return this.#loop.workOf(this.#own(name));
  }

  #own(name: string): OpenTable {
    const { registry, catalog, names } = this.#context;
    const table = registry.get(name);
    if (table !== undefined) return table;
    if (catalog.table(name) === undefined) throw notFound('table', name, names());
    this.#refuseFiles(name);
    if (registry.unopened().some((entry) => entry.name.toLowerCase() === name.toLowerCase())) {
      throw new HeliosError('unavailable', `The table ${name} could not be opened yet.`, {
        hint: `helios table show ${name} tries again, and says why not.`,
      });
    }
    throw new HeliosError('not_allowed', `${name} is attached: Helios only reads it.`, {
      hint: 'Use the program that writes it.',
    });
  }

  /** Raw files have neither versions nor anything that could be merged or deleted. */
  #refuseFiles(name: string): void {
    const files = this.#context.registry.files.get(name);
    if (files === undefined) return;
    throw new HeliosError(
      'unsupported_table',
      `${name} is a folder of raw files (connector = 'filesystem'): it has no versions, and its ` +
        'files stay as they were written.',
      {
        hint:
          `Its files: SELECT * FROM helios.files WHERE table_name = '${files.entry.name}'; its ` +
          'columns: helios table show. Larger files: rolling_policy.file_size and ' +
          "rolling_policy.interval. With connector = 'delta' there are history, describe, " +
          'restore, optimize and vacuum.',
      },
    );
  }

  async #readable(name: string): Promise<Readable> {
    const { registry, catalog, names } = this.#context;
    const own = registry.get(name);
    if (own !== undefined) return own;
    this.#refuseFiles(name);
    const entry = catalog.table(name);
    if (entry === undefined) throw notFound('table', name, names());
    const foreign = await registry.openForeign(entry.path, entry.storageOptions ?? {});
    if (foreign !== undefined) return foreign;
    throw new HeliosError('unsupported_table', `${name} is no Delta table: it has no versions.`);
  }
}
