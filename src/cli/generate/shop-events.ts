import type { Clock } from '../../base/clock.ts';
import { newUser, visit, type ShopEvent, type Step, type User } from './journey.ts';
import { malform } from './malform.ts';
import { SeededRandom } from './random.ts';
import { rateFactor } from './rate.ts';

export type ShopOptions = {
  /** The same seed, clock and options give the same bytes. */
  readonly seed: number;
  /** Events per second, on average over a day. Infinity: as fast as they are taken. */
  readonly rate: number;
  /** True: always exactly `rate`, without day shape and bursts. */
  readonly isSteady: boolean;
  /** Share of lines, in [0, 1], that are broken in one of several ways. */
  readonly malformedShare: number;
  /** Ends after so many events; undefined goes on. */
  readonly count: number | undefined;
  /** Ends after so long; undefined goes on. */
  readonly durationMs: number | undefined;
  readonly clock: Clock;
  /** Ends the events quietly. */
  readonly signal: AbortSignal;
};

/** Lines of NDJSON, each ended by a newline. The first is well-formed. */
export type EventChunk = {
  readonly text: string;
  readonly eventCount: number;
  readonly malformedCount: number;
};

/**
 * How often events are handed out. Short enough that they look alive, long enough to fill a
 * request.
 */
const tickMs = 100;
/**
 * A consumer that is slower than the rate gets at most this much caught up; the rest never
 * happened.
 */
const catchUpMsMax = 1_000;
const chunkEventsMax = 20_000;
/** Sums of fractions that should reach a whole number stop a little short of it. */
const roundingSlack = 1e-6;
/**
 * Visits that go on at once, users that come back: enough to look like a shop, few enough to be
 * quick.
 */
const visitsMax = 200;
const usersMax = 5_000;

/** What a shop's visitors do, as it happens: events carry the time at which they are made. */
export async function* shopEvents(options: ShopOptions): AsyncGenerator<EventChunk> {
  const shop = new Shop(options);
  const startMs = options.clock.nowMs();
  let doneMs = startMs;
  let owed = 0;
  let made = 0;
  while (!options.signal.aborted) {
    const endMs = startMs + (options.durationMs ?? Infinity);
    const nowMs = Math.min(options.clock.nowMs(), endMs);
    doneMs = Math.max(doneMs, nowMs - catchUpMsMax);
    owed = Math.min(owed + due(options, doneMs, nowMs), due(options, nowMs - catchUpMsMax, nowMs));
    const left = (options.count ?? Infinity) - made;
    const eventCount = Math.min(Math.floor(owed + roundingSlack), left, chunkEventsMax);
    if (eventCount >= Math.min(left, leastOf(options))) {
      yield shop.chunk(eventCount, doneMs, nowMs);
      owed -= eventCount;
      made += eventCount;
    }
    doneMs = Math.max(doneMs, nowMs);
    if (eventCount === left || nowMs >= endMs) return;
    if (owed < leastOf(options) && !(await hasSlept(options, tickMs))) return;
  }
}

/** A chunk needs a second line to put a malformed one on. */
function leastOf(options: ShopOptions): number {
  return options.malformedShare > 0 ? 2 : 1;
}

/** Events that belong to the time from `fromMs` to `toMs`, not rounded. */
function due(options: ShopOptions, fromMs: number, toMs: number): number {
  if (options.rate === Infinity) return chunkEventsMax;
  const factor = options.isSteady ? 1 : rateFactor(options.seed, toMs);
  return (Math.max(0, toMs - fromMs) / 1_000) * options.rate * factor;
}

async function hasSlept(options: ShopOptions, durationMs: number): Promise<boolean> {
  try {
    await options.clock.sleep(durationMs, options.signal);
    return true;
  } catch (thrown) {
    if (options.signal.aborted) return false;
    throw thrown;
  }
}

type OpenVisit = { readonly user: User; readonly steps: Iterator<Step> };

/**
 * The visits that go on, and the users who may come back. Each event moves one visit on by a step.
 */
class Shop {
  readonly #random: SeededRandom;
  readonly #malformedShare: number;
  readonly #users: User[] = [];
  #userCount = 0;
  #malformedOwed = 0;
  readonly #visits: OpenVisit[] = [];

  constructor(options: ShopOptions) {
    this.#random = new SeededRandom(options.seed);
    this.#malformedShare = options.malformedShare;
  }

  /** `eventCount` events, spread evenly from `fromMs` to `toMs`. */
  chunk(eventCount: number, fromMs: number, toMs: number): EventChunk {
    const lines: string[] = [];
    let malformedCount = 0;
    for (let index = 0; index < eventCount; index++) {
      const timeMs = fromMs + ((toMs - fromMs) * (index + 1)) / eventCount;
      const event = this.#event(Math.floor(timeMs));
      if (this.#random.chance(this.#malformedShare)) this.#malformedOwed++;
      // A request is NDJSON if its first line is JSON, so that one is always well-formed.
      const isMalformed = index > 0 && this.#malformedOwed > 0;
      if (isMalformed) this.#malformedOwed--;
      lines.push(isMalformed ? malform(event, this.#random) : JSON.stringify(event));
      if (isMalformed) malformedCount++;
    }
    return { text: `${lines.join('\n')}\n`, eventCount, malformedCount };
  }

  #event(timeMs: number): ShopEvent {
    const id = this.#random.uuid();
    const { user, step } = this.#nextStep();
    return {
      id,
      timestamp: new Date(timeMs).toISOString(),
      ip: user.ip,
      user_id: user.user_id,
      platform: user.platform,
      app_version: user.app_version,
      ...step,
    };
  }

  #nextStep(): { user: User; step: Step } {
    for (;;) {
      // One slot more than there are: a young shop fills slowly, and its first visits end soon.
      const slot = this.#random.below(Math.min(visitsMax, this.#visits.length + 1));
      const open = this.#visits[slot] ?? this.#openVisit(slot);
      const next = open.steps.next();
      if (next.done !== true) return { user: open.user, step: next.value };
      open.user.isVisiting = false;
      this.#openVisit(slot);
    }
  }

  #openVisit(slot: number): OpenVisit {
    const user = this.#someUser();
    user.isVisiting = true;
    const open = { user, steps: visit(this.#random, user) };
    this.#visits[slot] = open;
    return open;
  }

  /**
   * Most visits are of a user who was here before, the same few rather often; never two at a time.
   */
  #someUser(): User {
    const index = Math.floor(this.#users.length * this.#random.next() ** 1.5);
    const known = this.#users[index];
    if (known?.isVisiting === false && this.#random.chance(0.8)) return known;
    const user = newUser(this.#random, this.#userCount++);
    const isFull = this.#users.length === usersMax;
    this.#users[isFull ? this.#random.below(usersMax) : this.#users.length] = user;
    return user;
  }
}
