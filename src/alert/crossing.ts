import type { EpochMs } from '../event/record.ts';
import type { RecordCounts } from '../pipeline/rates/record-rates.ts';
import type { AlertRule, Crossing } from './alert.ts';

/** A share that moves around its threshold is one crossing: it is over when it stays below. */
const quietMs = 60_000;

export type Look = {
  readonly rule: AlertRule;
  readonly counts: RecordCounts;
  /** Whether the whole window is known: after a start it isn't at first. */
  readonly isComplete: boolean;
  /** Since when the share is not above; undefined where it is. */
  readonly quietSinceMs: EpochMs | undefined;
  readonly nowMs: EpochMs;
  readonly newId: () => string;
};

/** In percent. */
export function shareOf({ read, rejected }: RecordCounts): number {
  return read === 0 ? 0 : (100 * rejected) / read;
}

export function isAbove(rule: AlertRule, counts: RecordCounts): boolean {
  return counts.read >= rule.recordsMin && shareOf(counts) > rule.sharePercent;
}

/** What a rule has found of a pipeline after one more look. */
export function nextCrossing(before: Crossing | undefined, look: Look): Crossing | undefined {
  const { rule, counts, isComplete, quietSinceMs, nowMs, newId } = look;
  const above = isAbove(rule, counts);
  if (before === undefined || (before.kind === 'past' && before.isTold)) {
    if (!above) return undefined;
    return { kind: 'over', id: newId(), sinceMs: nowMs, counts, isTold: false };
  }
  // Nobody was told that it was over: nor need they be that it goes on.
  if (before.kind === 'past') {
    const { id, sinceMs, isBeginningTold: isTold = false } = before;
    return above ? { kind: 'over', id, sinceMs, counts, isTold } : before;
  }
  const isQuiet = quietSinceMs !== undefined && nowMs - quietSinceMs >= quietMs;
  if (above || !isComplete || !isQuiet) return before;
  const { id, sinceMs, isTold: isBeginningTold } = before;
  return { kind: 'past', id, sinceMs, untilMs: nowMs, counts, isTold: false, isBeginningTold };
}
