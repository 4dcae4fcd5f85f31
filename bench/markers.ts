import { setTimeout as sleep } from 'node:timers/promises';
import type { HeliosProcess } from '../test/process/helios-process.ts';

const everyMs = 50;
/** Between two questions; a marker is seen by asking again and again. */
const askEveryMs = 5;
/** When the load is over, the markers that are still unseen get so long. */
const patienceMs = 10_000;
/** A marker is an event like the others, with an id above all of theirs. */
const idStart = 1_000_000_000;

/**
 * Events among a load that tell how soon events are seen: sent one at a time, so that they become
 * visible in the table `fresh` in the order of their ids.
 */
export class Markers {
  /** From when a marker was sent until SQL saw it, the question included. */
  readonly latenciesMs: number[] = [];
  /** What each question took. */
  readonly asksMs: number[] = [];
  readonly #helios: HeliosProcess;
  readonly #sentAtMs = new Map<number, number>();

  constructor(helios: HeliosProcess) {
    this.#helios = helios;
  }

  /**
   * A marker counts as sent from the call of `send` or from its answer; one that `send` says was
   * refused doesn't count. Gives how many were sent.
   */
  async sendFor(
    durationMs: number,
    countsFrom: 'call' | 'answer',
    send: (event: string) => Promise<boolean>,
  ): Promise<number> {
    const startedAtMs = performance.now();
    let id = idStart;
    while (performance.now() - startedAtMs < durationMs) {
      // Seen before its answer came, it was fresh from the call on.
      if (countsFrom === 'call') this.#sentAtMs.set(id, performance.now());
      if (await send(`{"id":${id},"type":"marker"}`)) {
        if (countsFrom === 'answer') this.#sentAtMs.set(id, performance.now());
        id++;
      }
      const dueAtMs = startedAtMs + (id - idStart) * everyMs;
      await sleep(Math.max(1, dueAtMs - performance.now()));
    }
    return id - idStart;
  }

  /** Until the load is over and all markers have been seen. */
  async watch(over: AbortSignal): Promise<void> {
    let seen = idStart - 1;
    let endAtMs = Number.POSITIVE_INFINITY;
    while (!over.aborted || this.latenciesMs.length < this.#sentAtMs.size) {
      if (over.aborted) endAtMs = Math.min(endAtMs, performance.now() + patienceMs);
      if (performance.now() > endAtMs) return;
      const askedAtMs = performance.now();
      const newest = await this.#helios.queryNumber(
        `SELECT coalesce(max(id), 0) FROM fresh WHERE id > ${seen}`,
      );
      const nowMs = performance.now();
      this.asksMs.push(nowMs - askedAtMs);
      while (seen < newest) {
        seen++;
        this.latenciesMs.push(Math.max(0, nowMs - (this.#sentAtMs.get(seen) ?? nowMs)));
      }
      await sleep(askEveryMs);
    }
  }
}
