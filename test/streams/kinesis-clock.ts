import { systemClock, type Clock } from '../../src/base/clock.ts';

/** A clock whose time can be moved on, and that sleeps for a part of what it is told. */
export class MovedClock implements Clock {
  readonly #speed: number;
  #movedMs = 0;

  constructor(speed = 1) {
    this.#speed = speed;
  }

  move(byMs: number): void {
    this.#movedMs += byMs;
  }

  nowMs(): number {
    return systemClock.nowMs() + this.#movedMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() * this.#speed + this.#movedMs;
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    await systemClock.sleep(durationMs / this.#speed, signal);
  }
}
