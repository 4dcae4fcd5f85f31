import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asHeliosError, HeliosError } from '../base/errors.ts';
import type { Catalog, PipelineDefinition } from '../catalog/catalog.ts';
import { adoptPipeline } from './adoption/adopt-pipeline.ts';
import { beginBackfill, type BackfillPoint } from './backfill/begin-backfill.ts';
import { checkedPlan, checkedScript, checkPlaces } from './check-definition.ts';
import type { EditConsequences } from './edit/consequences.ts';
import { editConsequences } from './edit/edit-consequences.ts';
import { checkName, notRunning, tablesOf } from './definition-rules.ts';
import { PartStore } from './epoch/part-store.ts';
import { Listeners } from './listeners.ts';
import { startInOrder } from './lookup/start-order.ts';
import { ManagedPipeline, untilBegun, untilOpen, whileHalted } from './managed-pipeline.ts';
import { pipelineDirectory, type PipelineEnvironment } from './open-pipeline.ts';
import { openOutcomes, openQuarantine } from './sinks/open-sinks.ts';
import type {
  EditOptions,
  PipelineInfo,
  PipelinePlan,
  Pipelines,
  PreviewEvent,
  PreviewOptions,
  Validation,
} from './pipeline.ts';
import { pipelineInfo } from './pipeline-info.ts';
import type { Plan } from './plan/plan.ts';
import { shownPlan, validationOf } from './plan/validation.ts';
import { preview } from './preview.ts';
import type { RestartRequest } from './reposition.ts';
import { checkKept, forgetState } from './state/stream-state.ts';
import { repositionPipeline } from './restart-pipeline.ts';
import { PipelineReplays } from './replay/pipeline-replays.ts';
import { RestLags } from './rest-lags.ts';
import { hasPassed, reads } from './stream-readers.ts';
import { epochRows } from './rates/epoch-rows.ts';
import type { SystemRow } from './tables/system-tables.ts';

export type SupervisorContext = PipelineEnvironment & {
  readonly catalog: Catalog;
  readonly random: () => number;
  /** Relative paths of a pipeline made through the API start here. Absolute. */
  readonly baseDirectory: string;
  /** Makes what a plan's sources need before they can open, such as an HTTP stream. */
  readonly prepare: (plan: Plan) => Promise<void>;
  /** The pipeline needs nothing of the sources that `plan` doesn't read; without a plan, of any. */
  readonly forget: (pipelineId: string, plan: Plan | undefined) => Promise<void>;
  readonly onFailed: (name: string, id: string, error: HeliosError) => void;
  /** Whether a bare SELECT has somewhere to print to. */
  readonly canPrint: boolean;
};

/** A pipeline is busy when its newest epoch is no older: twice what lies between two at most. */
const busyMs = 2000;

/** All pipelines of one data directory: keeps running what should run, each for itself. */
export class Supervisor implements Pipelines {
  readonly replays: PipelineReplays;
  readonly #context: SupervisorContext;
  readonly #pipelines = new Map<string, ManagedPipeline>();
  readonly #restLags: RestLags;
  /** Told when any pipeline opens, publishes, ends or fails. */
  readonly #changes = new Listeners();
  /** Changes of one pipeline happen one after another. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(context: SupervisorContext) {
    this.#context = context;
    this.#restLags = new RestLags(context);
    this.replays = new PipelineReplays({
      environment: context,
      all: () => [...this.#pipelines.values()],
      named: (name) => this.#named(name),
      inTurn: async (managed, action) => await this.#inTurn(managed, action),
      run: async (managed) => await this.#run(managed),
      changes: this.#changes,
    });
  }

  /** Knows the catalog's pipelines, and starts none. */
  openAll(): void {
    for (const definition of this.#context.catalog.pipelines()) this.#manage(definition);
  }

  /**
   * Starts what should run, as the catalog says. When it resolves, each one's hot rows can be
   * queried, or its first try has failed: a query before that would miss rows that were seen
   * earlier.
   */
  async startAll(): Promise<void> {
    await openQuarantine(this.#context, 'start');
    await openOutcomes(this.#context, 'start');
    this.openAll();
    await startInOrder([...this.#pipelines.values()], {
      tables: this.#context.catalog.tables(),
      restore: async (managed) => await this.#restore(managed),
      changes: this.#changes,
    });
  }

  async create(request: {
    readonly name: string;
    readonly sql: string;
    readonly isAdopting: boolean;
    readonly isAllowingSkips?: boolean;
    readonly baseDirectory?: string;
  }): Promise<PipelineInfo> {
    checkName(request.name);
    const plan = await checkedPlan(this.#context, request.sql);
    const baseDirectory = request.baseDirectory ?? this.#context.baseDirectory;
    checkPlaces(this.#context, plan, { baseDirectory });
    this.#context.catalog.checkPipelineName(request.name);
    const definition = this.#define({ ...request, baseDirectory });
    await this.#context.prepare(plan);
    const { isAllowingSkips = false } = request;
    if (request.isAdopting) {
      await adoptPipeline(this.#context, definition, { plan, isAllowingSkips });
    }
    return await this.#begin(definition, plan);
  }

  async backfill(name: string, from: BackfillPoint): Promise<PipelineInfo> {
    const managed = this.#named(name);
    await untilBegun(managed, this.#changes);
    const { definition: live } = managed;
    const definition = this.#define({ ...live, name: `${live.name}_backfill` });
    checkName(definition.name);
    this.#context.catalog.checkPipelineName(definition.name);
    const plan = await checkedPlan(this.#context, live.sql);
    try {
      await beginBackfill(this.#context, { live, definition, plan, from });
    } catch (thrown) {
      await this.#forget(definition.id);
      throw thrown;
    }
    return await this.#begin(definition, plan);
  }

  /** How many pipelines are busy now. */
  busyCount(): number {
    const sinceMs = this.#context.clock.nowMs() - busyMs;
    return [...this.#pipelines.values()].filter(
      ({ epochs }) => (epochs.at(-1)?.publishedAtMs ?? 0) >= sinceMs,
    ).length;
  }

  list(): readonly PipelineInfo[] {
    return [...this.#pipelines.values()].map((managed) => pipelineInfo(managed));
  }

  get(name: string): PipelineInfo {
    return pipelineInfo(this.#named(name));
  }

  async look(name: string): Promise<PipelineInfo> {
    const managed = this.#named(name);
    return pipelineInfo(managed, await this.#restLags.of(managed));
  }

  async plan(name: string): Promise<PipelinePlan> {
    const { open, definition } = this.#named(name);
    return shownPlan(open?.plan ?? (await checkedPlan(this.#context, definition.sql)));
  }

  async start(name: string): Promise<PipelineInfo> {
    const managed = this.#named(name);
    return await this.#inTurn(managed, async () => await this.#run(managed));
  }

  async #run(managed: ManagedPipeline): Promise<PipelineInfo> {
    this.#context.catalog.setWanted(managed.definition.id, 'running');
    managed.start();
    await untilOpen(managed, this.#changes);
    return pipelineInfo(managed);
  }

  async pause(name: string): Promise<PipelineInfo> {
    const managed = this.#named(name);
    return await this.#inTurn(managed, async () => {
      if (managed.state === 'stopped' || managed.state === 'finished') throw notRunning(managed);
      await managed.pause();
      this.#context.catalog.setWanted(managed.definition.id, 'paused');
      return pipelineInfo(managed);
    });
  }

  async restart(name: string, request: RestartRequest): Promise<PipelineInfo> {
    const managed = this.#named(name);
    const plan = await checkedPlan(this.#context, managed.definition.sql);
    await untilBegun(managed, this.#changes);
    return await this.#inTurn(managed, async () => {
      const { definition } = managed;
      await whileHalted(managed, async (halt) => {
        await repositionPipeline(this.#context, { definition, plan, request, halt });
      });
      return await this.#run(managed);
    });
  }

  async stop(name: string, options: { readonly isDiscarding: boolean }): Promise<PipelineInfo> {
    const managed = this.#named(name);
    return await this.#inTurn(managed, async () => {
      await this.#stop(managed, options);
      this.#context.catalog.setWanted(managed.definition.id, 'stopped');
      return pipelineInfo(managed);
    });
  }

  async consequences(name: string, sql: string): Promise<EditConsequences> {
    return await editConsequences(this.#context, this.#named(name), sql);
  }

  async edit(name: string, sql: string, options: EditOptions): Promise<PipelineInfo> {
    const managed = this.#named(name);
    const plan = await checkedPlan(this.#context, sql);
    checkPlaces(this.#context, plan, managed.definition);
    return await this.#inTurn(managed, async () => {
      const before = managed.state;
      await checkKept(this.#context, managed.definition, { plan, options });
      await this.#stop(managed, options);
      try {
        // It has read on until now.
        await checkKept(this.#context, managed.definition, { plan, options });
      } catch (thrown) {
        if (before === 'running' || before === 'retrying') managed.start();
        throw thrown;
      }
      managed.unfeed();
      await this.#context.prepare(plan);
      this.#addTables(plan, managed.definition.baseDirectory);
      this.#context.catalog.setSql(managed.definition.id, sql);
      managed.definition = this.#context.catalog.pipeline(name);
      await this.#context.forget(managed.definition.id, plan);
      if (before === 'paused') await managed.pause();
      else if (before === 'stopped' || before === 'finished')
        this.#context.catalog.setWanted(managed.definition.id, 'stopped');
      else managed.start();
      await untilOpen(managed, this.#changes);
      return pipelineInfo(managed);
    });
  }

  async delete(name: string, options: { readonly isDiscarding: boolean }): Promise<void> {
    const managed = this.#named(name);
    await this.#inTurn(managed, async () => {
      await this.#stop(managed, options);
      managed.unfeed();
      const { id } = managed.definition;
      this.#context.catalog.deletePipeline(id);
      this.#pipelines.delete(id);
      await this.#forget(id);
    });
  }

  async validate(sql: string): Promise<Validation> {
    return validationOf(await checkedScript(this.#context, sql));
  }

  preview(sql: string, options: PreviewOptions): AsyncIterable<PreviewEvent> {
    return preview(this.#context, sql, options);
  }

  async waitUntilQueryable(
    stream: string,
    positions: ReadonlyMap<string, string>,
    timeoutMs: number,
  ): Promise<'queryable' | 'stored'> {
    const deadline = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const readers = [...this.#pipelines.values()].filter((managed) => reads(managed, stream));
      if (readers.length === 0) return 'stored';
      if (readers.every((managed) => hasPassed(managed, stream, positions))) return 'queryable';
      if (!(await this.#changes.told(deadline))) return 'stored';
    }
  }

  /** The parts of a pipeline, whether it is open or not. */
  partStore(id: string): PartStore {
    const known = this.#pipelines.get(id)?.parts;
    return (
      known ?? new PartStore(join(pipelineDirectory(this.#context.dataDirectory, id), 'parts'))
    );
  }

  /** Rows of `helios.epochs`. */
  epochRows(): readonly SystemRow[] {
    return [...this.#pipelines.values()].flatMap(epochRows);
  }

  /** Resolves when `name` runs no more: finished, failed for good or stopped. */
  async whenDone(name: string, signal: AbortSignal): Promise<PipelineInfo> {
    for (;;) {
      const info = this.get(name);
      if (info.state !== 'running' && info.state !== 'retrying') return info;
      if (!(await this.#changes.told(signal))) return this.get(name);
    }
  }

  /** Lets epochs finish and stops everything; hot rows stay hot until the next start. */
  async close(): Promise<void> {
    await Promise.all([...this.#pipelines.values()].map(async (managed) => await managed.halt()));
  }

  #define({
    name,
    sql,
    baseDirectory,
  }: Pick<PipelineDefinition, 'name' | 'sql' | 'baseDirectory'>): PipelineDefinition {
    const { newId, clock } = this.#context;
    const createdAtMs = clock.nowMs();
    return { id: newId(), name, sql, baseDirectory, wanted: 'running', createdAtMs, revision: 1 };
  }

  async #begin(definition: PipelineDefinition, plan: Plan): Promise<PipelineInfo> {
    this.#context.catalog.addPipeline(definition);
    this.#addTables(plan, definition.baseDirectory);
    const managed = this.#manage(definition);
    managed.start();
    await untilOpen(managed, this.#changes);
    return pipelineInfo(managed);
  }

  /** What nobody needs who doesn't know the pipeline. */
  async #forget(id: string): Promise<void> {
    await this.#context.forget(id, undefined);
    const directory = pipelineDirectory(this.#context.dataDirectory, id);
    await rm(directory, { recursive: true, force: true });
  }

  #manage(definition: PipelineDefinition): ManagedPipeline {
    const { dataDirectory, random, onFailed, catalog, forget } = this.#context;
    const directory = pipelineDirectory(dataDirectory, definition.id);
    const managed = new ManagedPipeline(definition, {
      environment: this.#context,
      busyCount: () => this.busyCount(),
      random,
      parts: new PartStore(join(directory, 'parts')),
      onChanged: () => this.#changes.tell(),
      letGo: async () => await forget(definition.id, undefined),
      onFinished: () => {
        catalog.setWanted(definition.id, 'finished');
        this.#changes.tell();
      },
      onFailed: (id, error) => {
        onFailed(definition.name, id, error);
        this.#changes.tell();
      },
    });
    this.#pipelines.set(definition.id, managed);
    return managed;
  }

  /** One that can't be opened at rest keeps Helios from nothing else. */
  async #restore(managed: ManagedPipeline): Promise<void> {
    try {
      await managed.restore();
    } catch (thrown) {
      this.#context.onFailed(managed.definition.name, this.#context.newId(), asHeliosError(thrown));
    }
  }

  /**
   * Rolls, or gives up the hot rows: a new revision of the same SQL begins with sinks of its own
   * that have none, and goes on from where reading stood.
   */
  async #stop(
    managed: ManagedPipeline,
    options: { readonly isDiscarding: boolean },
  ): Promise<void> {
    if (!options.isDiscarding) {
      await managed.stop();
      return;
    }
    await managed.abandon();
    await forgetState(this.#context, managed.definition);
    const { id, name, sql } = managed.definition;
    this.#context.catalog.setSql(id, sql);
    managed.definition = this.#context.catalog.pipeline(name);
  }

  #named(name: string): ManagedPipeline {
    const { id } = this.#context.catalog.pipeline(name);
    const managed = this.#pipelines.get(id);
    if (managed === undefined) throw new HeliosError('not_found', `There is no pipeline ${name}.`);
    return managed;
  }

  #addTables(plan: Plan, baseDirectory: string): void {
    for (const entry of tablesOf(plan, baseDirectory)) this.#context.catalog.addTable(entry);
  }

  async #inTurn<T>(managed: ManagedPipeline, action: () => Promise<T>): Promise<T> {
    const { id } = managed.definition;
    const before = this.#turns.get(id) ?? Promise.resolve();
    const turn = Promise.allSettled([before]).then(action);
    this.#turns.set(id, turn);
    return await turn;
  }
}
