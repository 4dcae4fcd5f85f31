import { setTimeout as sleepMs } from 'node:timers/promises';

/** Time as a parameter, so that tests decide what it is. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. May jump, backwards too. */
  nowMs(): number;
  /** Milliseconds since some start; never goes back. For measuring durations. */
  monotonicMs(): number;
  /** Resolves after `durationMs`; rejects with the signal's reason when it aborts first. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (durationMs, signal) => {
    await sleepMs(durationMs, undefined, signal ? { signal } : {});
  },
};
