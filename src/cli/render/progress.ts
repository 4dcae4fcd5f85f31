import type { Clock } from '../../base/clock.ts';
import { durationText, groupDigits } from './numbers.ts';

export type Progress = {
  readonly count: number;
  /** What is counted, such as `rows`. */
  readonly unit: string;
  /** In [0, 100], where it is known. */
  readonly percent?: number | undefined;
};

/** Shorter work needs no progress: the line would only flicker. */
const quietMs = 2_000;
const refreshMs = 250;

/**
 * One line on a terminal that says how far something is, from two seconds on: time, count, rate,
 * and the share where it is known. Never the share alone: an engine's estimate can stand at 100 %
 * for long.
 */
export class ProgressLine {
  readonly #write: (text: string) => void;
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #stopped = new AbortController();
  #progress: Progress = { count: 0, unit: 'rows' };
  #isShown = false;

  /** `write` is undefined where no line is wanted. */
  constructor(clock: Clock, write: ((text: string) => void) | undefined) {
    this.#write = write ?? (() => undefined);
    this.#clock = clock;
    this.#startMs = clock.monotonicMs();
    if (write !== undefined) void this.#refresh();
  }

  update(progress: Progress): void {
    this.#progress = progress;
  }

  /** Draws the line if it is time. Called by itself a few times a second. */
  show(): void {
    const elapsedMs = this.#clock.monotonicMs() - this.#startMs;
    if (elapsedMs < quietMs) return;
    this.#write(`\r\u001b[2K${progressText(this.#progress, elapsedMs)}`);
    this.#isShown = true;
  }

  /** Takes the line away. The same line may be shown again by a later `show`. */
  clear(): void {
    if (this.#isShown) this.#write('\r\u001b[2K');
    this.#isShown = false;
  }

  /** Takes the line away for good. */
  stop(): void {
    this.#stopped.abort();
    this.clear();
  }

  async #refresh(): Promise<void> {
    const { signal } = this.#stopped;
    try {
      while (!signal.aborted) {
        await this.#clock.sleep(refreshMs, signal);
        this.show();
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }
}

export function progressText(progress: Progress, elapsedMs: number): string {
  const rate = Math.round((progress.count / elapsedMs) * 1_000);
  const counted = `${groupDigits(progress.count)} ${progress.unit}`;
  const parts = [durationText(elapsedMs)];
  parts.push(progress.count === 0 ? 'running' : counted);
  if (progress.count > 0) parts.push(`${groupDigits(rate)} ${progress.unit}/s`);
  if (progress.percent !== undefined) parts.push(`about ${Math.floor(progress.percent)} %`);
  return parts.join(' · ');
}
