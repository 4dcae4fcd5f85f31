import { HeliosError } from '../../base/errors.ts';
import type { Listeners } from '../listeners.ts';
import { type ManagedPipeline, untilBegun, whileHalted } from '../managed-pipeline.ts';
import type { PipelineEnvironment } from '../open-pipeline.ts';
import { acceptReplay } from './accept-replay.ts';
import { countRejected } from './count-rejected.ts';
import { pinRejected } from './rejected-tables.ts';
import type {
  RejectedCount,
  Replay,
  ReplayInfo,
  ReplayRequest,
  Replays,
  Trial,
  TrialRequest,
} from './replay.ts';
import { tryRecords } from './try-records.ts';

export type PipelineReplaysContext = {
  readonly environment: PipelineEnvironment;
  readonly all: () => readonly ManagedPipeline[];
  /** `not_found`. */
  readonly named: (name: string) => ManagedPipeline;
  /** Changes of one pipeline happen one after another. */
  readonly inTurn: <T>(managed: ManagedPipeline, action: () => Promise<T>) => Promise<T>;
  /** Starts it, and lets it open. */
  readonly run: (managed: ManagedPipeline) => Promise<unknown>;
  readonly changes: Listeners;
};

/** Replays of the pipelines of one data directory. */
export class PipelineReplays implements Replays {
  readonly #context: PipelineReplaysContext;

  constructor(context: PipelineReplaysContext) {
    this.#context = context;
  }

  async trial(pipeline: string, request: TrialRequest): Promise<Trial> {
    const { environment, named } = this.#context;
    return await tryRecords(environment, named(pipeline).definition, request);
  }

  async replay(pipeline: string, request: ReplayRequest): Promise<ReplayInfo> {
    const { environment, named, inTurn, run, changes } = this.#context;
    const managed = named(pipeline);
    await untilBegun(managed, changes);
    return await inTurn(managed, async () => {
      const { definition } = managed;
      checkRuns(managed);
      const { value, isHalted } = await whileHalted(managed, async (halt) => {
        return await acceptReplay(environment, { definition, ...request, halt });
      });
      if (isHalted) await run(managed);
      return replaysOf(managed).find(({ id }) => id === value.id) ?? accepted(definition, value);
    });
  }

  async counts(pipeline?: string): Promise<readonly RejectedCount[]> {
    const { engine, registry } = this.#context.environment;
    await using connection = await engine.connect();
    await using tables = await pinRejected(registry);
    return await countRejected(connection, tables, pipeline);
  }

  replays(): readonly ReplayInfo[] {
    return this.#context.all().flatMap(replaysOf);
  }
}

/** Those that a pipeline's newest manifest knows, the newest first. */
function replaysOf({ definition, open, state }: ManagedPipeline): readonly ReplayInfo[] {
  const replays = open?.runner.manifest.replays ?? [];
  const next = replays.find(({ finishedAtMs }) => finishedAtMs === undefined);
  return replays.toReversed().map((replay) => {
    const isDone = replay.finishedAtMs !== undefined;
    const isNow = replay === next && state === 'running';
    const undone = isNow ? ('running' as const) : ('waiting' as const);
    return { ...replay, pipeline: definition.name, state: isDone ? 'done' : undone };
  });
}

/** One that no open pipeline tells of yet. */
function accepted({ name }: ManagedPipeline['definition'], replay: Replay): ReplayInfo {
  const isDone = replay.finishedAtMs !== undefined;
  return { ...replay, pipeline: name, state: isDone ? 'done' : 'waiting' };
}

/** `conflict` where nobody would do it: a person stopped the pipeline, or it failed for good. */
function checkRuns({ state, definition: { name }, error }: ManagedPipeline): void {
  if (state === 'running' || state === 'retrying' || state === 'finished') return;
  const why = state === 'failed' && error !== undefined ? ` (${error.message})` : '';
  throw new HeliosError('conflict', `${name} is ${state}${why}: it would replay nothing.`, {
    hint: `Start it first: helios pipeline start ${name}`,
  });
}
