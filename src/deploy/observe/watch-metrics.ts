import type { Clock } from '../../base/clock.ts';
import { type Health, healthOf, metricLine } from './metric-line.ts';

export type WatchOptions = {
  readonly stack: string;
  /** What `/metrics` of Helios answers. */
  readonly ask: (signal: AbortSignal) => Promise<string>;
  /** Takes a line for the log. */
  readonly say: (line: string) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** As CloudWatch's alarms count. */
const everyMs = 60_000;
const answerTimeoutMs = 10_000;

/**
 * Once a minute says how Helios is, until the signal aborts. When Helios does not answer there are
 * no metrics, which is an alarm after some minutes, and a line that says why.
 */
export async function watchMetrics(options: WatchOptions): Promise<void> {
  const { stack, ask, say, clock, signal } = options;
  let before: Health | undefined;
  while (!signal.aborted) {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
      const health = healthOf(await ask(limit));
      say(metricLine(health, before, { stack, atMs: clock.nowMs() }));
      before = health;
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      if (!signal.aborted) say(`helios observe: Helios does not say how it is: ${reason}`);
    }
    await clock.sleep(everyMs, signal).catch(() => undefined);
  }
}
