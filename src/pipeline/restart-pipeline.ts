import { HeliosError } from '../base/errors.ts';
import type { PipelineDefinition } from '../catalog/catalog.ts';
import { type Position, position } from '../event/record.ts';
import type { Source } from '../source/source.ts';
import { FileStorage } from '../storage/file/file-storage.ts';
import type { Manifest, PositionTexts } from './epoch/manifest.ts';
import { ManifestStore } from './epoch/manifest-store.ts';
import { knownTexts } from './epoch/recovery.ts';
import { pipelineDirectory, type PipelineEnvironment } from './open-pipeline.ts';
import type { Plan } from './plan/plan.ts';
import { replayableSince } from './replay/replayable-since.ts';
import {
  checkMoves,
  knownOrder,
  type Move,
  movedSources,
  movesOf,
  resolveTargets,
  type RestartRequest,
} from './reposition.ts';

export type Repositioning = {
  readonly definition: PipelineDefinition;
  readonly plan: Plan;
  readonly request: RestartRequest;
  /** Stops whoever reads; from then on nothing else writes manifests. */
  readonly halt: () => Promise<void>;
};

/**
 * Puts a manifest in which the sources stand elsewhere, and all else stays. The pipeline goes on
 * reading until nothing but the put is left to do, so that a refusal costs nothing. `conflict` for
 * what the request does not allow, `invalid_request` for positions that can't be.
 */
export async function repositionPipeline(
  environment: PipelineEnvironment,
  { definition, plan, request, halt }: Repositioning,
): Promise<void> {
  const root = pipelineDirectory(environment.dataDirectory, definition.id);
  const store = new ManifestStore(new FileStorage(root), 'manifests');
  const begun = await store.newest();
  if (begun === undefined) throw notBegun(definition.name);
  if (begun.manifest.until !== undefined) throw isBackfill(definition.name);
  const sources = new Map<string, Source>();
  try {
    const scope = { pipelineId: definition.id, baseDirectory: definition.baseDirectory };
    for (const table of plan.script.sources) {
      sources.set(table.name, await environment.connectors.source(table, scope));
    }
    const { from } = request;
    const targets = await resolveTargets(from, sources, environment.clock.nowMs());
    const check = async (): Promise<{ readonly manifest: Manifest; readonly hash: string }> => {
      const newest = await store.newest();
      if (newest === undefined) throw notBegun(definition.name);
      checkMoves(movesOf(newest.manifest, sources, targets, from), request);
      return newest;
    };
    await check();
    await halt();
    // It has read on until now.
    const { manifest, hash } = await check();
    const moved = { ...manifest, sources: movedSources(manifest, sources, targets, from) };
    const begin = beginAfter(manifest, moved, sources);
    const moves = movesOf(manifest, sources, targets, from);
    const replaySinceMs = replaySinceAfter(moves, manifest, environment.clock.nowMs());
    const next = nextManifest(environment, { ...moved, begin, replaySinceMs }, hash);
    await holdBoth(manifest, next, sources);
    await store.put(next);
  } finally {
    for (const source of sources.values()) await source.close();
  }
}

function nextManifest(
  { clock, newId }: PipelineEnvironment,
  moved: Manifest,
  previous: string,
): Manifest {
  return {
    ...moved,
    epoch: moved.epoch + 1,
    incarnation: newId(),
    previous,
    createdAtMs: clock.nowMs(),
    // What a sink was to leave out was counted from where reading stood.
    sinks: moved.sinks.map((sink) => ({ ...sink, skip: null })),
  };
}

/** What is read again must not be replayed as well. */
function replaySinceAfter(
  moves: readonly Move[],
  before: Manifest,
  nowMs: number,
): Manifest['replaySinceMs'] {
  const again = moves.filter(({ effect }) => effect !== 'skips');
  return replayableSince(
    before,
    again.map(({ source: name }) => ({ name })),
    nowMs,
  );
}

/** Going back, reading began there; in a stream that was made anew, it begins there. */
function beginAfter(
  before: Manifest,
  after: Manifest,
  sources: ReadonlyMap<string, Source>,
): PositionTexts | undefined {
  if (before.begin === undefined) return undefined;
  const begin: Record<string, Record<string, string>> = {};
  for (const { name, identity, positions } of after.sources) {
    const isSame = before.sources.some((one) => one.name === name && one.identity === identity);
    const known = isSame ? (before.begin[name] ?? {}) : knownTexts(after.sources)[name];
    const kept: Record<string, string> = {};
    for (const [partition, at] of Object.entries(known ?? {})) {
      const to = positions[partition];
      if (to === null) continue;
      const source = sources.get(name);
      if (to === undefined || source === undefined) kept[partition] = at;
      else {
        const order = knownOrder(source, position(to), position(at));
        // Where it isn't known which came first, nothing before either can be backfilled.
        if (order !== undefined) kept[partition] = order < 0 ? to : at;
      }
    }
    begin[name] = kept;
  }
  return begin;
}

/** Retention keeps what is read next, whether or not the put succeeds. */
async function holdBoth(
  before: Manifest,
  after: Manifest,
  sources: ReadonlyMap<string, Source>,
): Promise<void> {
  for (const { name, identity, positions } of after.sources) {
    const source = sources.get(name);
    const old = before.sources.find((one) => one.name === name && one.identity === identity);
    const held = new Map<string, Position>();
    for (const [partition, at] of Object.entries(positions)) {
      if (at === null) continue;
      const was = old?.positions[partition];
      if (was === null) continue;
      const isBack =
        was === undefined ||
        source === undefined ||
        (knownOrder(source, position(at), position(was)) ?? 0) < 0;
      held.set(partition, position(isBack ? at : was));
    }
    await source?.release(held);
  }
}

function isBackfill(name: string): HeliosError {
  return new HeliosError('not_allowed', `${name} is a backfill: what it reads is given.`, {
    hint: 'Delete it and begin another one.',
  });
}

function notBegun(name: string): HeliosError {
  return new HeliosError('conflict', `${name} has not begun to read: it has no positions yet.`, {
    hint: "Say where it begins in its SQL: 'source.offset'.",
  });
}
