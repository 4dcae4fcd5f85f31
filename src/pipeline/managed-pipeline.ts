import { randomUUID } from 'node:crypto';
import { type BackoffPolicy, backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { asHeliosError, type ErrorCode, errorCodes, HeliosError } from '../base/errors.ts';
import { AssertionError } from '../base/assert.ts';
import type { PipelineDefinition } from '../catalog/catalog.ts';
import type { PartStore } from './epoch/part-store.ts';
import type { PublishedEpoch } from './epoch/runner.ts';
import type { Listeners } from './listeners.ts';
import {
  isBegun,
  newestManifest,
  type OpenPipeline,
  openPipeline,
  type PipelineEnvironment,
} from './open-pipeline.ts';
import type { PipelineInfo, PipelineState } from './pipeline.ts';
import { type RecentRecords, RecordRates } from './rates/record-rates.ts';
import type { Feeder } from './tables/table-registry.ts';
import { noteUnread } from './tables/unread-parts.ts';

/**
 * A failing pipeline tries again after half a second, then ever later, and gives up after this
 * many: unless it waits for somebody else's servers, which may heal after a night.
 */
const restarts: BackoffPolicy = { firstMs: 500, maxMs: 30_000, attemptsMax: 20 };
const othersFailures: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unreachable',
  'unavailable',
  'access_refused',
  'disk_full',
  'secret_missing',
  'throttled',
  'stream_missing',
  'schema_missing',
]);

/** Who has run for so long has healed, whether there was anything to read or not. */
const settledMs = 60_000;

/** Who starts a pipeline waits this long for it to open; it opens whether or not they wait. */
const openingMsMax = 10_000;

/** Epochs that `helios.epochs` remembers of each pipeline. */
const epochsRemembered = 1000;

export type ManagedContext = {
  readonly environment: PipelineEnvironment;
  readonly random: () => number;
  /** Pipelines of this process that are busy now. */
  readonly busyCount: () => number;
  readonly parts: PartStore;
  /** It has opened, or published an epoch. */
  readonly onChanged: () => void;
  /** All sources ended and everything is in the tables: none of them is needed any more. */
  readonly letGo: () => Promise<void>;
  /** After that. */
  readonly onFinished: () => void;
  readonly onFailed: (id: string, error: HeliosError) => void;
};

/**
 * One pipeline from its definition to its end: opens it, runs it, and opens it again when it
 * failed.
 *
 * ```
 * stopped ── start ──▶ running ──▶ finished            (its sources ended)
 *    ▲                  │ ▲ ▲
 *    ├──── stop ────────┤ │ └── backoff ── retrying    (the world failed)
 *    │                  │ └──── start ──── paused      (by a person)
 *    └──────────────────┴─────▶ failed                 (trying again can't help)
 * ```
 *
 * Its hot rows stay queryable in every state in which there are any.
 */
export class ManagedPipeline {
  definition: PipelineDefinition;
  readonly #context: ManagedContext;
  #state: PipelineState;
  #error: PipelineInfo['error'];
  /** When it began to run, on the monotonic clock. */
  #openedAtMs: number | undefined;
  #open: OpenPipeline | undefined;
  #isOpening = false;
  #feeders: readonly Feeder[] = [];
  #abort = new AbortController();
  #task: Promise<void> = Promise.resolve();
  #failures = 0;
  /** Names under which it has run since it was started. */
  readonly #incarnations = new Set<string>();
  readonly #epochs: PublishedEpoch[] = [];
  readonly #rates: RecordRates;

  constructor(definition: PipelineDefinition, context: ManagedContext) {
    this.definition = definition;
    this.#context = context;
    this.#rates = new RecordRates(context.environment.clock);
    this.#state = definition.wanted === 'running' ? 'stopped' : definition.wanted;
  }

  get state(): PipelineState {
    return this.#state;
  }

  get error(): PipelineInfo['error'] {
    return this.#state === 'running' && this.#isSettled() ? undefined : this.#error;
  }

  #isSettled(): boolean {
    const { clock } = this.#context.environment;
    return this.#openedAtMs !== undefined && clock.monotonicMs() - this.#openedAtMs > settledMs;
  }

  /** As last opened: undefined before the first time. */
  get open(): OpenPipeline | undefined {
    return this.#open;
  }

  /** How far it survives this machine; undefined where its state is here alone. */
  get kept(): PipelineInfo['kept'] {
    const gate = this.#context.environment.state?.gate(this.definition.id);
    return gate && { epoch: gate.keptEpoch(), failingSinceMs: gate.failingSinceMs() };
  }

  get parts(): PartStore {
    return this.#context.parts;
  }

  /** It shall run, but what it reads and how far is not known yet: `open` is of the run before. */
  get isOpening(): boolean {
    return this.#isOpening;
  }

  /** It knows where it reads, and always will: it has opened once. */
  async hasPositions(): Promise<boolean> {
    return (await newestManifest(this.#context.environment, this.definition)) !== undefined;
  }

  /** What it has read of late, in all of its runs. */
  get recent(): RecentRecords {
    return this.#rates;
  }

  get epochs(): readonly PublishedEpoch[] {
    return this.#epochs;
  }

  /** Runs in the background from now on. */
  start(): void {
    if (this.#state === 'running' || this.#state === 'retrying') return;
    this.#abort = new AbortController();
    this.#failures = 0;
    this.#incarnations.clear();
    this.#error = undefined;
    this.#state = 'running';
    this.#isOpening = true;
    this.#task = this.#supervise(this.#abort.signal);
  }

  /** Lets the epoch that runs finish, and stops; hot rows stay hot. */
  async halt(): Promise<void> {
    this.#abort.abort();
    await this.#task;
    await this.#close();
  }

  /** Stops for longer: hot rows go into their tables first. */
  async stop(): Promise<void> {
    await this.halt();
    await this.#rest(async (open) => await open.runner.rollAll());
    this.#state = 'stopped';
    this.#error = undefined;
  }

  /** Lets the epoch that runs finish, and reads nothing more; hot rows stay hot. */
  async pause(): Promise<void> {
    await this.halt();
    // Whoever moves its positions meanwhile does so under another name.
    this.#incarnations.clear();
    this.#state = 'paused';
    this.#error = undefined;
  }

  /** After a start of Helios: what doesn't run is known too, and its hot rows can be queried. */
  async restore(): Promise<void> {
    await this.#rest(async () => await Promise.resolve());
  }

  /** Opens without sources where there is anything to open. */
  async #rest(action: (open: OpenPipeline) => Promise<void>): Promise<void> {
    const open = await this.#openAtRest();
    if (open === undefined) return;
    try {
      this.#feed(open);
      await action(open);
    } finally {
      await open.close();
    }
    this.#open = open;
  }

  /** Undefined where it was never begun. */
  async #openAtRest(): Promise<OpenPipeline | undefined> {
    const { environment } = this.#context;
    try {
      if (!(await isBegun(environment, this.definition))) return undefined;
      return await openPipeline(environment, { ...this.#request(), isAtRest: true });
    } catch (thrown) {
      if (this.#feeders.length === 0) noteUnread(environment, this.definition);
      throw thrown;
    }
  }

  /** Stops though the hot rows can't, or shall not, go into their tables. */
  async abandon(): Promise<void> {
    await this.halt();
    this.unfeed();
    this.#state = 'stopped';
    this.#error = undefined;
  }

  /** Its tables no longer ask it for hot rows. */
  unfeed(): void {
    const { registry } = this.#context.environment;
    registry.unread.clear(this.definition);
    for (const table of registry.allWritten()) {
      for (const feeder of this.#feeders) table.feeders.delete(feeder);
    }
    this.#feeders = [];
  }

  async #supervise(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const ended = await this.#runOnce(signal);
        if (ended) await this.#finish();
        return;
      } catch (thrown) {
        if (!(await this.#mayRetry(thrown, signal))) return;
      }
    }
  }

  async #runOnce(signal: AbortSignal): Promise<boolean> {
    this.#isOpening = true;
    try {
      // Somebody else's servers may be long in coming: what is hot can be queried meanwhile.
      if (this.#open === undefined) await this.restore();
      const open = await openPipeline(this.#context.environment, { ...this.#request(), signal });
      this.#open = open;
      this.#feed(open);
      this.#state = 'running';
      this.#openedAtMs = this.#context.environment.clock.monotonicMs();
      this.#isOpening = false;
      this.#context.onChanged();
      const end = await open.runner.run(signal);
      if (end === 'stopped') return false;
      await open.runner.rollAll();
      return true;
    } finally {
      await this.#close();
    }
  }

  async #close(): Promise<void> {
    const open = this.#open;
    await open?.close();
  }

  async #finish(): Promise<void> {
    await this.#context.letGo();
    this.#state = 'finished';
    this.#error = undefined;
    this.#context.onFinished();
  }

  /** Notes the failure, waits, and says whether there is a next time. */
  async #mayRetry(thrown: unknown, signal: AbortSignal): Promise<boolean> {
    const error = asHeliosError(thrown);
    // What was given up because of the stop is no failure.
    const isGivenUp = this.#isOpening || error.code === 'cancelled';
    if (signal.aborted && isGivenUp) return false;
    const id = randomUUID();
    this.#failures = this.#isSettled() ? 1 : this.#failures + 1;
    this.#openedAtMs = undefined;
    this.#error = { id, code: error.code, message: error.message, hint: this.#hintOf(error) };
    this.#context.onFailed(id, error);
    const isLast = this.#failures >= restarts.attemptsMax && !othersFailures.has(error.code);
    if (!isRetryable(thrown) || isLast) {
      this.#state = 'failed';
      return false;
    }
    this.#state = 'retrying';
    const waitMs = backoffMs(restarts, this.#failures, this.#context.random);
    await waitQuietly(this.#context.environment.clock, waitMs, signal);
    return !signal.aborted;
  }

  #hintOf({ code, hint }: HeliosError): string | undefined {
    if (code !== 'position_lost' && code !== 'source_replaced') return hint;
    const command = `helios pipeline restart ${this.definition.name} --from earliest|latest|TIME`;
    return `${hint ?? ''} The command is: ${command}`.trim();
  }

  #request(): Parameters<typeof openPipeline>[1] {
    return {
      definition: this.definition,
      parts: this.#context.parts,
      busyCount: this.#context.busyCount,
      isAtRest: false,
      incarnations: this.#incarnations,
      onPublished: (published) => {
        this.#failures = 0;
        this.#error = undefined;
        this.#epochs.push(published);
        this.#rates.note(published.records);
        if (this.#epochs.length > epochsRemembered) this.#epochs.shift();
        this.#context.onChanged();
      },
    };
  }

  /** The tables ask the sinks just opened from now on, and no longer those of the run before. */
  #feed(open: OpenPipeline): void {
    const { registry } = this.#context.environment;
    this.unfeed();
    this.#feeders = open.sinks.map((live) => {
      const feeder = { live, parts: this.#context.parts };
      if (live.sink.kind === 'table') registry.written(live.table)?.feeders.add(feeder);
      return feeder;
    });
  }
}

/**
 * Does what may stop it in between with `halt`. Where that fails after all, it runs as it did;
 * else starting it is the caller's.
 */
export async function whileHalted<T>(
  managed: ManagedPipeline,
  action: (halt: () => Promise<void>) => Promise<T>,
): Promise<{ readonly value: T; readonly isHalted: boolean }> {
  const wasRunning = managed.state === 'running' || managed.state === 'retrying';
  let isHalted = false;
  try {
    const value = await action(async () => {
      isHalted = true;
      // One that has finished writes nothing any more.
      if (managed.state !== 'finished') await managed.pause();
    });
    return { value, isHalted };
  } catch (thrown) {
    if (isHalted && wasRunning) managed.start();
    throw thrown;
  }
}

/** Resolves once it has opened or failed to, or when that takes too long to wait for. */
export async function untilOpen(managed: ManagedPipeline, changes: Listeners): Promise<void> {
  const deadline = AbortSignal.timeout(openingMsMax);
  while (managed.isOpening && managed.state === 'running') {
    if (!(await changes.told(deadline))) return;
  }
}

/**
 * Before its positions are needed: waits where it opens for the first time. `unavailable` while it
 * can't, so that who asks may ask again.
 */
export async function untilBegun(managed: ManagedPipeline, changes: Listeners): Promise<void> {
  if (!managed.isOpening || (await managed.hasPositions())) return;
  await untilOpen(managed, changes);
  const { state, isOpening, error, definition } = managed;
  const isComing = isOpening && (state === 'running' || state === 'retrying');
  if (!isComing || (await managed.hasPositions())) return;
  const why = error === undefined ? 'It still opens.' : `It can't open yet: ${error.message}`;
  throw new HeliosError('unavailable', `${definition.name} has not begun to read. ${why}`, {
    hint: 'Ask again when it runs.',
  });
}

function isRetryable(thrown: unknown): boolean {
  if (thrown instanceof AssertionError) return false;
  const { code } = asHeliosError(thrown);
  return code === 'internal' || errorCodes[code].retry === 'backoff';
}

async function waitQuietly(clock: Clock, waitMs: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(waitMs, signal);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}
