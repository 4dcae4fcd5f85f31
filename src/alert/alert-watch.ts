import { type BackoffPolicy, backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { asHeliosError, errorCodes, type HeliosError } from '../base/errors.ts';
import type { Secrets } from '../connection/connection.ts';
import { resolveAddress } from '../connection/webhook/address.ts';
import type { RecentRecords, RecordCounts } from '../pipeline/rates/record-rates.ts';
import type {
  Alert,
  AlertRule,
  Alerts,
  AlertStatus,
  Crossing,
  Crossings,
  Deliveries,
} from './alert.ts';
import type { AlertStore } from './alert-store.ts';
import { isAbove, nextCrossing } from './crossing.ts';
import { messageOf, testMessage } from './message.ts';
import { postJson } from './webhook/post.ts';

/** A share that passes its threshold is found so much later at most. */
const intervalMs = 5000;
/** For about an hour: after that somebody has to look at the address. */
const attempts: BackoffPolicy = { firstMs: 1000, maxMs: 300_000, attemptsMax: 20 };
/** Messages under way; others wait for the next look. */
const deliveriesMax = 8;

/** A pipeline, and what it has read of late. */
export type WatchedPipeline = { readonly name: string; readonly recent: RecentRecords };

export type AlertWatchOptions = {
  readonly store: AlertStore;
  readonly pipelines: () => readonly WatchedPipeline[];
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  /** Where the console is, for links. */
  readonly consoleUrl: () => string;
  readonly onProblem: (problem: HeliosError) => void;
};

/**
 * Looks at the shares of rejected records every few seconds, beside the pipelines, and tells the
 * webhooks of the rules that they pass. What was told is in the catalog: a message comes once for
 * each crossing and once when it is over, and twice only where Helios ended between the webhook's
 * answer and the note of it.
 */
export class AlertWatch implements Alerts {
  readonly #options: AlertWatchOptions;
  readonly #closing = new AbortController();
  readonly #deliveries = new Map<string, Deliveries>();
  /** Alert and pipeline → since when its share is not above. */
  readonly #quietSince = new Map<string, number>();
  /** Alert and pipeline → the message that is under way. */
  readonly #running = new Map<string, Promise<void>>();
  #task: Promise<void> = Promise.resolve();

  constructor(options: AlertWatchOptions) {
    this.#options = options;
  }

  list(): readonly AlertStatus[] {
    return this.#options.store.list().map((alert) => this.#status(alert));
  }

  get(name: string): AlertStatus {
    return this.#status(this.#options.store.get(name));
  }

  put(name: string, rule: AlertRule, replaces: string | undefined): AlertStatus {
    return this.#status(this.#options.store.put(name, rule, replaces));
  }

  delete(name: string, version: string | undefined): void {
    const alert = this.#options.store.get(name);
    this.#options.store.delete(name, version);
    this.#deliveries.delete(alert.name);
  }

  async test(rule: AlertRule, signal: AbortSignal): Promise<number> {
    const { clock, newId, consoleUrl, secrets } = this.#options;
    const url = await resolveAddress(rule.url, secrets);
    const at = new Date(clock.nowMs()).toISOString();
    return await postJson(url, testMessage(rule, { id: newId(), at }, consoleUrl()), { signal });
  }

  start(): void {
    this.#task = this.#watch(this.#closing.signal);
  }

  /** Ends what is under way: a message that was not taken is sent after the next start. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#task;
    await this.settled();
  }

  /** Resolves when no message is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** Looks at all rules once. */
  look(): void {
    const pipelines = this.#options.pipelines();
    for (const alert of this.#options.store.list()) this.#lookAt(alert, pipelines);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.look();
      } catch (thrown) {
        this.#options.onProblem(asHeliosError(thrown));
      }
      await waitQuietly(this.#options.clock, intervalMs, signal);
    }
  }

  #lookAt(alert: Alert, pipelines: readonly WatchedPipeline[]): void {
    const { store } = this.#options;
    const before = store.crossings(alert.name);
    const watched = watchedBy(alert.rule, pipelines);
    const after: Record<string, Crossing> = {};
    for (const pipeline of new Set([...watched.keys(), ...Object.keys(before)])) {
      const crossing = this.#next(alert, pipeline, before[pipeline], watched.get(pipeline));
      if (crossing !== undefined) after[pipeline] = crossing;
    }
    if (JSON.stringify(after) !== JSON.stringify(before)) store.setCrossings(alert.name, after);
    for (const [pipeline, crossing] of Object.entries(after)) {
      if (!crossing.isTold && crossing.givenUpVersion !== alert.version) {
        this.#tell(alert, pipeline, crossing);
      }
    }
  }

  #next(
    { name, rule }: Alert,
    pipeline: string,
    before: Crossing | undefined,
    recent: RecentRecords | undefined,
  ): Crossing | undefined {
    const { clock, newId } = this.#options;
    const nowMs = clock.nowMs();
    // A pipeline that is gone, or that the rule no longer means, rejects nothing.
    const counts = recent?.within(windowMs(rule)) ?? nothing;
    const key = keyOf(name, pipeline);
    if (isAbove(rule, counts)) this.#quietSince.delete(key);
    else if (!this.#quietSince.has(key)) this.#quietSince.set(key, nowMs);
    const isComplete = recent === undefined || nowMs - recent.sinceMs >= windowMs(rule);
    const quietSinceMs = this.#quietSince.get(key);
    const next = nextCrossing(before, { rule, counts, isComplete, quietSinceMs, nowMs, newId });
    if (next === undefined && before === undefined) this.#quietSince.delete(key);
    return next;
  }

  #tell(alert: Alert, pipeline: string, crossing: Crossing): void {
    const key = keyOf(alert.name, pipeline);
    if (this.#running.has(key) || this.#running.size >= deliveriesMax) return;
    const running = this.#deliver(alert, pipeline, crossing)
      .catch((thrown: unknown) => this.#options.onProblem(asHeliosError(thrown)))
      .finally(() => this.#running.delete(key));
    this.#running.set(key, running);
  }

  async #deliver(alert: Alert, pipeline: string, crossing: Crossing): Promise<void> {
    const { clock, random, consoleUrl } = this.#options;
    const { signal } = this.#closing;
    const message = messageOf(alert, pipeline, crossing, consoleUrl());
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#post(alert, message, signal);
      if (signal.aborted) return;
      if (failure === undefined) return this.#note(alert, pipeline, crossing, { isTold: true });
      const mayPass = errorCodes[failure.code].retry === 'backoff';
      if (!mayPass || attempt >= attempts.attemptsMax) {
        this.#count(alert.name, { givenUp: 1 });
        return this.#note(alert, pipeline, crossing, { givenUpVersion: alert.version });
      }
      await waitQuietly(clock, backoffMs(attempts, attempt, random), signal);
      if (signal.aborted || !this.#isCurrent(alert, pipeline, crossing)) return;
    }
  }

  /** Sends it once; gives why it was not taken. */
  async #post(
    alert: Alert,
    message: unknown,
    signal: AbortSignal,
  ): Promise<HeliosError | undefined> {
    try {
      const url = await resolveAddress(alert.rule.url, this.#options.secrets);
      await postJson(url, message, { signal });
      this.#count(alert.name, { delivered: 1 });
      return undefined;
    } catch (thrown) {
      const failure = asHeliosError(thrown);
      if (signal.aborted) return failure;
      this.#count(alert.name, { failed: 1 }, failure);
      this.#options.onProblem(failure);
      return failure;
    }
  }

  /** Whether what a message tells is still so, and its rule is as it was. */
  #isCurrent(alert: Alert, pipeline: string, { id, kind }: Crossing): boolean {
    const { store } = this.#options;
    const now = store.crossings(alert.name)[pipeline];
    const version = store.list().find(({ name }) => name === alert.name)?.version;
    return version === alert.version && now?.id === id && now.kind === kind;
  }

  #note(
    alert: Alert,
    pipeline: string,
    { id, kind }: Crossing,
    change: Partial<Pick<Crossing, 'isTold' | 'givenUpVersion'>>,
  ): void {
    const { store } = this.#options;
    const crossings: Crossings = store.crossings(alert.name);
    const now = crossings[pipeline];
    if (now?.id !== id || now.kind !== kind) return;
    store.setCrossings(alert.name, { ...crossings, [pipeline]: { ...now, ...change } });
  }

  #count(name: string, more: Partial<Deliveries>, failure?: HeliosError): void {
    const before = this.#deliveries.get(name) ?? noDeliveries;
    const atMs = this.#options.clock.nowMs();
    const last =
      more.givenUp === undefined ? { atMs, failure: shownFailure(failure) } : before.last;
    this.#deliveries.set(name, {
      delivered: before.delivered + (more.delivered ?? 0),
      failed: before.failed + (more.failed ?? 0),
      givenUp: before.givenUp + (more.givenUp ?? 0),
      last,
    });
  }

  #status(alert: Alert): AlertStatus {
    const watched = [...watchedBy(alert.rule, this.#options.pipelines())];
    return {
      ...alert,
      crossings: this.#options.store.crossings(alert.name),
      counts: new Map(watched.map(([name, recent]) => [name, recent.within(windowMs(alert.rule))])),
      deliveries: this.#deliveries.get(alert.name) ?? noDeliveries,
    };
  }
}

/** Pipeline's name → what it has read of late, of those that a rule means. */
function watchedBy(
  { pipeline }: AlertRule,
  pipelines: readonly WatchedPipeline[],
): ReadonlyMap<string, RecentRecords> {
  const wanted = pipeline?.toLowerCase();
  return new Map(
    pipelines
      .filter(({ name }) => wanted === undefined || name.toLowerCase() === wanted)
      .map(({ name, recent }) => [name, recent]),
  );
}

const nothing: RecordCounts = { read: 0, rejected: 0 };
const noDeliveries: Deliveries = { delivered: 0, failed: 0, givenUp: 0 };

function shownFailure(
  failure: HeliosError | undefined,
): { readonly message: string; readonly hint: string | undefined } | undefined {
  return failure && { message: failure.message, hint: failure.hint };
}

function windowMs({ windowMinutes }: AlertRule): number {
  return windowMinutes * 60_000;
}

function keyOf(alert: string, pipeline: string): string {
  return JSON.stringify([alert, pipeline]);
}

async function waitQuietly(clock: Clock, waitMs: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(waitMs, signal);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}
