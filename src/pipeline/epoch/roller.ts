import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { AssertionError } from '../../base/assert.ts';
import { asHeliosError, HeliosError } from '../../base/errors.ts';
import type { Engine } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import type { Epoch } from '../../event/record.ts';
import type { Part, TableSink } from '../../sink/sink.ts';
import { newestRows } from '../../sink/current-rows.ts';
import { partRows } from '../../sink/table-files.ts';
import type { RollingPolicy } from '../../sql/script.ts';
import type { StateGate } from '../state/state-gate.ts';
import type { StateMerger } from '../stream/state-merger.ts';
import { timeBucket } from '../sinks/time-bucket.ts';
import type { LiveSink } from './live-sink.ts';
import type { PartStore } from './part-store.ts';

/** What rolls a sink whose table has no policy of its own. */
const defaultPolicy: RollingPolicy = {
  intervalMs: 5 * 60 * 1000,
  fileBytes: 128 * 1024 * 1024,
  inactivityMs: undefined,
  onWatermark: false,
};

/**
 * So many neighbouring parts of one tier become one part of the next: at most 3 × 15 small ones
 * wait.
 */
const partsPerMerge = 16;
/** A part of this size is worth opening by itself. */
const mergeBytesMax = 32 * 1024 * 1024;

export type RollerContext = {
  readonly engine: Engine;
  readonly parts: PartStore;
  readonly sinks: readonly LiveSink[];
  /** Rolling policy of each sink, by its table's name; others have the default. */
  readonly policies: ReadonlyMap<string, RollingPolicy>;
  readonly clock: Clock;
  /** Names this run of the pipeline: no other run's parts have the same names. */
  readonly incarnation: string;
  /** Beside each commit lies this, for whoever adopts the table. */
  readonly note: () => Readonly<Record<string, unknown>>;
  /** Where the state is kept elsewhere too: only what is kept is rolled. */
  readonly gate?: StateGate | undefined;
  /** Looks after the state of a pipeline that keeps some, beside its sinks. */
  readonly merger?: StateMerger | undefined;
};

/**
 * Turns a pipeline's hot parts into files of its tables when their policies say so, and keeps their
 * number small until then. Works beside the epochs: it only takes parts that are true already.
 */
export class Roller {
  readonly #context: RollerContext;
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  /** Sinks that wait for this epoch to be kept, before they roll. */
  readonly #waiting = new Map<LiveSink, Epoch>();
  #failure: HeliosError | AssertionError | undefined;

  constructor(context: RollerContext) {
    this.#context = context;
  }

  /** Throws what a roll or merge in the background failed with. */
  throwIfFailed(): void {
    this.#context.merger?.throwIfFailed();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Starts what is due, and returns at once. `epoch` is the newest true one. */
  startDue(epoch: Epoch): void {
    this.#context.merger?.startDue();
    for (const live of this.#context.sinks) {
      if (live.sink.kind !== 'table' || live.isBusy || live.parts.length === 0) continue;
      const sink = live.sink;
      const to = this.#isDue(live) ? this.#kept(live, epoch) : undefined;
      if (to !== undefined) this.#start(live, () => this.#roll(live, sink, to));
      else {
        const parts = partsToMerge(live);
        if (parts !== undefined) this.#start(live, () => this.#merge(live, sink, parts));
      }
    }
  }

  /**
   * How far a sink that is due may be rolled: a table must not have what is gone with this disk.
   * Undefined while that is being kept; the first time, it is asked for.
   */
  #kept(live: LiveSink, epoch: Epoch): Epoch | undefined {
    const { gate } = this.#context;
    if (gate === undefined) return epoch;
    const keptEpoch = gate.keptEpoch() ?? -1;
    const wanted = this.#waiting.get(live) ?? epoch;
    if (keptEpoch < wanted) {
      if (!this.#waiting.has(live)) gate.ask();
      this.#waiting.set(live, wanted);
      return undefined;
    }
    this.#waiting.delete(live);
    const to = live.edgeBefore(Math.min(keptEpoch, epoch));
    return live.parts.some((part) => part.lastEpoch <= to) ? to : undefined;
  }

  /** Waits for what runs, then rolls every sink that has hot rows. */
  async rollAll(epoch: Epoch): Promise<void> {
    await this.settle();
    this.throwIfFailed();
    const isAnyHot = this.#context.sinks.some((live) => live.parts.length > 0);
    if (isAnyHot) await this.#context.gate?.keep();
    for (const live of this.#context.sinks) {
      while (live.sink.kind === 'table' && live.parts.length > 0) {
        await this.#roll(live, live.sink, epoch);
      }
    }
  }

  async settle(): Promise<void> {
    await this.#context.merger?.settle();
    await Promise.allSettled(this.#running);
  }

  #start(live: LiveSink, action: () => Promise<void>): void {
    live.isBusy = true;
    const task = action()
      .catch((thrown: unknown) => {
        this.#failure ??= thrown instanceof AssertionError ? thrown : asHeliosError(thrown);
      })
      .finally(() => {
        live.isBusy = false;
        this.#running.delete(task);
      });
    this.#running.add(task);
  }

  #isDue(live: LiveSink): boolean {
    const policy = this.#context.policies.get(live.table) ?? defaultPolicy;
    const nowMs = this.#context.clock.nowMs();
    return (
      live.isSealed ||
      live.hotBytes >= (policy.fileBytes ?? Infinity) ||
      nowMs - live.firstHotAtMs >= (policy.intervalMs ?? Infinity) ||
      nowMs - live.lastRowAtMs >= (policy.inactivityMs ?? Infinity) ||
      (policy.timePattern !== undefined &&
        timeBucket(policy.timePattern, nowMs) > timeBucket(policy.timePattern, live.firstHotAtMs))
    );
  }

  async #roll(live: LiveSink, sink: TableSink, epoch: Epoch): Promise<void> {
    const { clock, parts } = this.#context;
    const rolled = live.parts.filter((part) => part.lastEpoch <= epoch);
    const outcome = await this.#holding(
      rolled,
      async () =>
        await sink.roll({
          sinkId: live.id,
          parts: rolled,
          from: live.rolledEpoch,
          to: epoch,
          note: this.#context.note(),
          signal: this.#stop.signal,
        }),
    );
    const reached = outcome.kind === 'rolled' ? epoch : outcome.txnEpoch;
    if (reached === undefined || reached > epoch || reached < (live.rolledEpoch ?? 0)) {
      throw foreignCommit(live, reached, epoch);
    }
    parts.retire(live.forget(reached, clock.nowMs()));
  }

  /** A manifest of meanwhile may put a merged part in the place of some of these. */
  async #holding<T>(parts: readonly Part[], action: () => Promise<T>): Promise<T> {
    const names = parts.map((part) => part.name);
    this.#context.parts.pin(names);
    try {
      return await action();
    } finally {
      this.#context.parts.unpin(names);
    }
  }

  async #merge(live: LiveSink, sink: TableSink, parts: readonly Part[]): Promise<void> {
    const [first, last] = [parts[0], parts.at(-1)];
    if (first === undefined || last === undefined) return;
    const run = this.#context.incarnation.slice(0, 8);
    const name = `${first.name.replace('.parquet', '')}-to-${last.lastEpoch}-${run}.parquet`;
    const path = join(this.#context.parts.directory, name);
    await using connection = await this.#context.engine.connect();
    const rows = partRows(sink.schema, parts);
    const merged = sink.keys === undefined ? rows : newestRows(`(${rows})`, sink.keys);
    const [row] = await this.#holding(
      parts,
      async () =>
        await connection.rows(
          `COPY (${merged}) TO ${quoteText(path)} (${sink.copyOptions}, RETURN_STATS)`,
        ),
    );
    await this.#context.parts.sync([name]);
    live.offerMerge({
      replaced: parts,
      merged: {
        name,
        path,
        firstEpoch: first.firstEpoch,
        lastEpoch: last.lastEpoch,
        rowCount: Number(row?.['count'] ?? 0),
        byteLength: Number(row?.['file_size_bytes'] ?? 0),
        statsJson: undefined,
        newestAtMs: Math.max(...parts.map((part) => part.newestAtMs)),
      },
    });
  }
}

/** The oldest run of neighbours in one tier that is long enough; none while a merge waits. */
function partsToMerge(live: LiveSink): readonly Part[] | undefined {
  if (live.pendingMerge !== undefined) return undefined;
  let run: Part[] = [];
  for (const part of live.parts) {
    if (part.firstEpoch <= (live.sealedEpoch ?? -1)) continue;
    const isSame = run[0] !== undefined && tier(run[0]) === tier(part);
    run = isSame ? [...run, part] : [part];
    if (run.length === partsPerMerge && tier(part) !== undefined) return run;
  }
  return undefined;
}

/** How often a part was merged; undefined when it is large enough to stay as it is. */
function tier(part: Part): number | undefined {
  if (part.byteLength >= mergeBytesMax) return undefined;
  return part.name.split('-to-').length - 1;
}

function foreignCommit(live: LiveSink, reached: Epoch | undefined, epoch: Epoch): HeliosError {
  return new HeliosError(
    'fenced',
    `The table ${live.table} is at epoch ${reached ?? 'none'} of this pipeline, ` +
      `which is at ${epoch}: ` +
      'another process runs it, or the table was restored to an older version.',
    { hint: 'Stop the other process, or create the pipeline anew with --adopt.' },
  );
}
