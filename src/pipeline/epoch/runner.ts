import { crashPoint } from '../../base/crash-point.ts';
import type { Clock } from '../../base/clock.ts';
import type { Batch, Epoch, EpochMs } from '../../event/record.ts';
import type { Source } from '../../source/source.ts';
import { advance, type Batches, byteCount, endedLook, lookOf } from './batches.ts';
import { Bite, epochIntervalMsMax } from './bite.ts';
import { boundAt, hasReached, isThrough, keptPositions, knownPositions, nearer } from './bound.ts';
import type { EpochWork, EpochYield } from './epoch-work.ts';
import type { LiveSink, Merge } from './live-sink.ts';
import type { StateGate } from '../state/state-gate.ts';
import type { Manifest } from './manifest.ts';
import type { ManifestStore } from './manifest-store.ts';
import type { PartStore } from './part-store.ts';
import type { LookupCopies } from '../lookup/lookup-copies.ts';
import { replayableSince } from '../replay/replayable-since.ts';
import type { ReplayFeed, ReplayStep } from '../replay/replay-feed.ts';
import type { DataflowWork } from '../stream/dataflow-work.ts';
import type { Look } from '../stream/watermarks.ts';
import type { ReadPositions, RecoveredState } from './recovery.ts';
import type { Roller } from './roller.ts';
import { nextSkip, skipAfter, wantedBy } from './skip.ts';

/**
 * Pace: the time from one epoch's start to the next while records keep coming. What comes meanwhile
 * waits for half of it on average, so it is as short as these allow:
 *
 * - An epoch that took t is followed by t / 2 of gathering. The more records come, the longer
 *   epochs take and the fewer there are. A quarter of t is waiting for the disk, so that a pipeline
 *   alone leaves half of a core to others.
 * - An epoch costs some 10 ms whatever it holds. All pipelines that are busy together shall
 *   spend no more than a fifth of a core on that: one alone may have an epoch each 50 ms, of twenty
 *   each has one a second. A quiet pipeline has no epochs and doesn't count.
 * - A full epoch means that more is waiting already: the next one begins at once.
 */
const gatheringPerWork = 0.5;
const intervalMsPerPipeline = 50;
/** Telling a source what it need not keep costs it a write: this often is enough. */
const releaseIntervalMs = 5000;
/** A quiet pipeline looks after its rolls this often. */
const idleCheckMs = 1000;
/** Sources that have nothing for a bounded pipeline are asked again this often. */
const boundedWaitMs = 50;

/**
 * While state can't be kept elsewhere, nothing is rolled: a pipeline that has so much hot reads on
 * only afterwards, so that the disk doesn't fill.
 */
const unkeptBytesMax = 2 * 1024 * 1024 * 1024;

/** What `helios.epochs` tells of an epoch. */
export type PublishedEpoch = {
  readonly epoch: Epoch;
  readonly publishedAtMs: EpochMs;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly rowsOut: number;
  readonly recordsRejected: number;
  /** By source; those that were dropped are rejected here, too. */
  readonly records: EpochYield['records'];
};

type EpochTask = {
  readonly batches: Batches;
  readonly replayed?: ReplayStep;
  /** All sources have ended. */
  readonly isEnd?: boolean;
};

export type RunnerContext = {
  readonly state: RecoveredState;
  readonly sources: ReadonlyMap<string, Source>;
  readonly work: EpochWork;
  /** Of a pipeline that keeps state. */
  readonly dataflow?: DataflowWork | undefined;
  /** Of a pipeline that looks tables up. */
  readonly lookups?: LookupCopies | undefined;
  readonly roller: Roller;
  readonly store: ManifestStore;
  readonly parts: PartStore;
  readonly incarnation: string;
  readonly clock: Clock;
  readonly replays: ReplayFeed;
  /** Pipelines of this process that had an epoch of late. */
  readonly busyCount: () => number;
  /** Where the state is kept elsewhere too. */
  readonly gate?: StateGate | undefined;
  /** Called after each epoch that became true. */
  readonly onPublished: (published: PublishedEpoch) => void;
};

/**
 * Runs one pipeline, epoch by epoch, in one place: nothing else changes its positions.
 *
 * ```
 * gather ─▶ decode, SQL, parts ─▶ manifest N ─▶ publish ─▶ gather …
 *   ▲ sources pulled                 ▲ the only commit     ▲ queries see it
 * rolls and merges run beside, one a sink, over parts that are already true
 * ```
 */
export class Runner {
  readonly #context: RunnerContext;
  #manifest: Manifest;
  #hash: string;
  #positions: ReadPositions;
  readonly #bite: Bite;
  readonly #bytesBehind = new Map<string, number | undefined>();
  #releasedAtMs = -releaseIntervalMs;
  /** The newest epoch that sources were told of, and the one that was kept by then. */
  #told: string | undefined;

  constructor(context: RunnerContext) {
    this.#context = context;
    this.#manifest = context.state.manifest;
    this.#hash = context.state.hash;
    this.#positions = context.state.positions;
    const isBounded = [...context.sources.values()].every((source) => source.isBounded);
    this.#bite = new Bite(isBounded, epochBytesFirst(this.sinks));
  }

  get manifest(): Manifest {
    return this.#manifest;
  }

  get positions(): ReadPositions {
    return this.#positions;
  }

  /**
   * Source name → bytes not yet read, as of some seconds ago; undefined where it can't be known.
   */
  get bytesBehind(): ReadonlyMap<string, number | undefined> {
    return this.#bytesBehind;
  }

  get sinks(): readonly LiveSink[] {
    return this.#context.state.sinks;
  }

  /** Runs until the sources end or the signal aborts; an epoch that began is finished first. */
  async run(signal: AbortSignal): Promise<'ended' | 'stopped'> {
    const { clock, roller } = this.#context;
    while (!signal.aborted) {
      roller.throwIfFailed();
      const startedMs = clock.monotonicMs();
      const isFull = this.#isFull();
      const hasReplayed = !isFull && (await this.#replay(signal));
      const batches = isFull ? new Map<string, Batch[]>() : await this.#gather(signal);
      if (isFull) await pause(clock, idleCheckMs, signal);
      else if (batches.size > 0 || this.#context.dataflow?.isDue(startedMs) === true) {
        await this.#epoch({ batches });
        await this.#pace(batches, startedMs, signal);
      } else if (!hasReplayed && (await this.#hasEnded())) {
        if (this.#context.dataflow?.isOver === false) await this.#epoch({ batches, isEnd: true });
        await this.#tellSources();
        return 'ended';
      } else if (!hasReplayed) {
        // What was read last may have been too soon after the epoch before to be told then.
        if (this.#isTimeToTell()) await this.#tellSources();
        await this.#wait(signal);
      }
      roller.startDue(this.#manifest.epoch);
    }
    return 'stopped';
  }

  #isFull(): boolean {
    if (this.#context.gate?.failingSinceMs() === undefined) return false;
    return this.sinks.reduce((sum, sink) => sum + sink.hotBytes, 0) >= unkeptBytesMax;
  }

  /** Rolls everything that is hot. Only while `run` isn't running. */
  async rollAll(): Promise<void> {
    await this.#context.roller.rollAll(this.#manifest.epoch);
  }

  async #gather(signal: AbortSignal): Promise<ReadonlyMap<string, readonly Batch[]>> {
    const gathered = new Map<string, Batch[]>();
    try {
      for (const [name, source] of this.#context.sources) {
        for (const partition of source.endedPartitions?.() ?? []) {
          this.#noteLook(name, partition, endedLook);
        }
        const partitions = await source.partitions();
        const partitionCount = partitions.length;
        for (const partition of partitions) {
          const after = this.#positions.get(name)?.get(partition);
          const place = { name, partition, after };
          if (isThrough(this.#manifest.until, source, place)) continue;
          const skip = nextSkip(this.sinks, source, place);
          const until = nearer(source, skip, boundAt(this.#manifest.until, place));
          const bytesMax = this.#bite.bytesMax({ source: name, partition, partitionCount });
          const batch = await source.read({ partition, after, until, bytesMax, signal });
          this.#noteLook(name, partition, lookOf(source, batch));
          if (batch === undefined) continue;
          gathered.set(name, [...(gathered.get(name) ?? []), batch]);
        }
      }
      return gathered;
    } catch (thrown) {
      for (const batch of [...gathered.values()].flat()) await batch.release();
      throw thrown;
    }
  }

  /** Who has nothing unread may be waited for no longer. */
  #noteLook(name: string, partition: string, look: Omit<Look, 'nowMs'>): void {
    const nowMs = this.#context.clock.monotonicMs();
    this.#context.dataflow?.noteRead(name, partition, { ...look, nowMs });
  }

  /** One epoch of what is to be replayed, if anything is. */
  async #replay(signal: AbortSignal): Promise<boolean> {
    const step = await this.#context.replays.next(this.#manifest, signal);
    if (step !== undefined) await this.#epoch({ batches: step.batches, replayed: step });
    return step !== undefined;
  }

  async #epoch({ batches, replayed, isEnd = false }: EpochTask): Promise<void> {
    const { work, clock, onPublished } = this.#context;
    const epoch = this.#manifest.epoch + 1;
    const startedMs = clock.monotonicMs();
    // What is replayed was read before.
    const read: Batches = replayed === undefined ? batches : new Map();
    try {
      await this.#context.lookups?.refresh();
      const fileBytes = this.sinks.map((sink) => sink.fileBytes);
      const isWanted = wantedBy(this.sinks, this.#context.sources);
      const replay = replayed?.chunk;
      const nowMs = clock.nowMs();
      const input = { epoch, batches, nowMs, fileBytes, isWanted, replay, isEnd };
      const result = await work.run({ ...input, monotonicMs: startedMs });
      // As little at a time as the slow path can take, wherever batches end.
      if (result === undefined) return this.#bite.takeLess(work.slowBytesMax / 2);
      await this.#commit(read, result, replayed);
      onPublished({
        epoch,
        publishedAtMs: this.#manifest.createdAtMs,
        durationMs: clock.monotonicMs() - startedMs,
        bytesIn: byteCount(read),
        rowsOut: result.steps.reduce((sum, step) => sum + step.rowCount, 0),
        recordsRejected: result.rejectedCount,
        records: replayed === undefined ? result.records : new Map(),
      });
    } finally {
      for (const batch of [...batches.values()].flat()) await batch.release();
    }
  }

  /** Puts the manifest, then makes memory agree with it, without waiting in between. */
  async #commit(batches: Batches, result: EpochYield, replayed?: ReplayStep): Promise<void> {
    const { store, parts, sources, clock, state } = this.#context;
    const positions = advance(this.#positions, batches);
    for (const sink of state.sinks) sink.skip = skipAfter(sink.skip, positions, sources);
    const merges: readonly (Merge | undefined)[] = state.sinks.map((sink) => sink.pendingMerge);
    const next = this.#nextManifest(positions, batches, result);
    const manifest = replayed?.after(next, result.failedAgainCount ?? 0) ?? next;
    crashPoint('before-manifest');
    this.#hash = await store.put(manifest);
    crashPoint('after-manifest');
    this.#manifest = manifest;
    this.#positions = positions;
    const at = { epoch: manifest.epoch, nowMs: clock.nowMs() };
    const replaced = state.sinks.flatMap((sink, index) => {
      const step = result.steps[index];
      return step === undefined ? [] : sink.publish(step, merges[index], at);
    });
    parts.retire(replaced);
    if (manifest.stream !== undefined) await result.stream?.publish(manifest.stream);
    if (this.#isTimeToTell()) await this.#tellSources();
  }

  #isTimeToTell(): boolean {
    return this.#context.clock.monotonicMs() - this.#releasedAtMs >= releaseIntervalMs;
  }

  /** Sources may let go of what is behind; they say what lies ahead. Once an epoch at most. */
  async #tellSources(): Promise<void> {
    const { gate } = this.#context;
    const reached = `${this.#manifest.epoch} ${gate?.keptEpoch() ?? ''}`;
    if (this.#told === reached) return;
    this.#told = reached;
    this.#releasedAtMs = this.#context.clock.monotonicMs();
    for (const [name, source] of this.#context.sources) {
      const known = knownPositions(this.#positions.get(name));
      // A consumer group hears of the live pipeline alone, not of a backfill beside it.
      const isBackfill = this.#manifest.until !== undefined;
      const behind = gate === undefined ? known : keptPositions(gate.keptSources(), name);
      if (!isBackfill || source.kind === 'http') await source.release(behind);
      this.#bytesBehind.set(name, await source.bytesBehind(known));
    }
  }

  #nextManifest(positions: ReadPositions, batches: Batches, result: EpochYield): Manifest {
    const before = this.#manifest;
    const nowMs = this.#context.clock.nowMs();
    const wasSkipping = before.sinks.some(({ skip }) => skip !== null);
    const isSkipping = this.sinks.some(({ skip }) => skip !== null);
    return {
      ...before,
      epoch: before.epoch + 1,
      incarnation: this.#context.incarnation,
      previous: this.#hash,
      createdAtMs: nowMs,
      // Until then some sinks took what others left out: so they would what is replayed.
      ...(wasSkipping && !isSkipping
        ? { replaySinceMs: replayableSince(before, before.sources, nowMs) }
        : {}),
      bytesIn: before.bytesIn + byteCount(batches),
      recordsRejected: before.recordsRejected + result.rejectedCount,
      recordsDropped: before.recordsDropped + result.droppedCount,
      sources: [...positions].map(([name, partitions]) => ({
        name,
        identity: this.#context.sources.get(name)?.identity ?? '',
        positions: Object.fromEntries(
          [...partitions].map(([partition, at]) => [partition, at ?? null]),
        ),
      })),
      sinks: this.#context.state.sinks.map((sink, index) =>
        sink.next(result.steps[index] ?? { part: undefined, rowCount: 0, fileBytes: undefined }),
      ),
      ...(result.stream === undefined ? {} : { stream: result.stream.manifest() }),
    };
  }

  /**
   * Gathers for a while before the next epoch, unless there is a full one to take already or
   * nothing is to come. Old manifests go meanwhile: nobody waits for that.
   */
  async #pace(batches: Batches, startedMs: number, signal: AbortSignal): Promise<void> {
    const { clock, store } = this.#context;
    const workMs = clock.monotonicMs() - startedMs;
    const collected = store.collect(this.#manifest.epoch);
    if (this.#bite.swallow(batches, workMs)) return await collected;
    const isAllThere = [...this.#context.sources.values()].every((source) => source.isBounded);
    if (isAllThere) return await collected;
    const pipelineCount = Math.max(1, this.#context.busyCount());
    const intervalMs = Math.max(
      pipelineCount * intervalMsPerPipeline,
      workMs * (1 + gatheringPerWork),
    );
    const pauseMs = Math.min(intervalMs, epochIntervalMsMax) - workMs;
    await Promise.all([collected, pause(clock, pauseMs, signal)]);
  }

  async #hasEnded(): Promise<boolean> {
    const { until } = this.#manifest;
    for (const [name, source] of this.#context.sources) {
      // A bounded pipeline asks too: sources learn what is committed, and may open what follows.
      const hasEnded = await source.hasEnded(knownPositions(this.#positions.get(name)));
      if (!hasEnded && until === undefined) return false;
    }
    return until === undefined || hasReached(until, this.#positions, this.#context.sources);
  }

  /** Until some source may have records, or it is time to look after the rolls. */
  async #wait(signal: AbortSignal): Promise<void> {
    const { sources, clock } = this.#context;
    // What lies behind its bounds would wake a bounded one at once, again and again.
    if (this.#manifest.until !== undefined) return await pause(clock, boundedWaitMs, signal);
    const done = new AbortController();
    const either = AbortSignal.any([signal, done.signal]);
    const waits = [...sources].map(async ([name, source]) => {
      await source.waitForRecords(knownPositions(this.#positions.get(name)), either);
    });
    waits.push(clock.sleep(idleCheckMs, either));
    try {
      await Promise.race(waits);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    } finally {
      done.abort();
      await Promise.allSettled(waits);
    }
  }
}

/** What the slowest of the sinks asks for. */
function epochBytesFirst(sinks: readonly LiveSink[]): number | undefined {
  const asked = sinks.map(({ sink }) =>
    sink.kind === 'append' ? sink.epochBytesFirst : undefined,
  );
  const known = asked.filter((bytes) => bytes !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

async function pause(clock: Clock, durationMs: number, signal: AbortSignal): Promise<void> {
  if (durationMs <= 0) return;
  try {
    await clock.sleep(durationMs, signal);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}
