import type { Alert, AlertRule, Crossing } from './alert.ts';
import { shareOf } from './crossing.ts';

/** What a webhook receives. `text` is what chat services show of it. */
export type AlertMessage = {
  readonly event: 'rejected_share_above' | 'rejected_share_below' | 'test';
  /** The same for both messages of one crossing, however often they come. */
  readonly id: string;
  readonly alert: string;
  readonly pipeline: string;
  readonly share_percent: number;
  readonly threshold_percent: number;
  readonly window_minutes: number;
  readonly records_read: number;
  readonly records_rejected: number;
  readonly since: string;
  /** When it was over. */
  readonly until?: string | undefined;
  /** The console's page of what was rejected. */
  readonly link: string;
  readonly text: string;
};

export function messageOf(
  { name, rule }: Pick<Alert, 'name' | 'rule'>,
  pipeline: string,
  crossing: Crossing,
  consoleUrl: string,
): AlertMessage {
  const { id, kind, sinceMs, untilMs, counts } = crossing;
  const link = `${consoleUrl}/quarantine?pipeline=${encodeURIComponent(pipeline)}`;
  const share = Math.round(shareOf(counts) * 100) / 100;
  const facts = { share, link, read: counts.read, rejected: counts.rejected, pipeline, rule };
  return {
    event: kind === 'over' ? 'rejected_share_above' : 'rejected_share_below',
    id,
    alert: name,
    pipeline,
    share_percent: share,
    threshold_percent: rule.sharePercent,
    window_minutes: rule.windowMinutes,
    records_read: counts.read,
    records_rejected: counts.rejected,
    since: new Date(sinceMs).toISOString(),
    until: untilMs === undefined ? undefined : new Date(untilMs).toISOString(),
    link,
    text: kind === 'over' ? textAbove(facts) : textBelow(facts),
  };
}

/** What is sent to try an address. */
export function testMessage(
  rule: AlertRule,
  { id, at }: { readonly id: string; readonly at: string },
  consoleUrl: string,
): AlertMessage {
  const pipeline = rule.pipeline ?? 'example';
  const link = `${consoleUrl}/quarantine`;
  return {
    event: 'test',
    id,
    alert: 'test',
    pipeline,
    share_percent: 0,
    threshold_percent: rule.sharePercent,
    window_minutes: rule.windowMinutes,
    records_read: 0,
    records_rejected: 0,
    since: at,
    link,
    text: `Helios tries this address for an alert: nothing is wrong. ${link}`,
  };
}

type Facts = {
  readonly pipeline: string;
  readonly share: number;
  readonly read: number;
  readonly rejected: number;
  readonly rule: AlertRule;
  readonly link: string;
};

function textAbove({ pipeline, share, read, rejected, rule, link }: Facts): string {
  const window = `in the last ${rule.windowMinutes} min`;
  return (
    `Pipeline ${pipeline} rejects ${share} % of its records ${window} ` +
    `(${rejected} of ${read}); the threshold is ${rule.sharePercent} %. ${link}`
  );
}

function textBelow({ pipeline, share, read, rejected, rule, link }: Facts): string {
  return (
    `Pipeline ${pipeline} is back below ${rule.sharePercent} %: it rejected ${share} % of its ` +
    `records in the last ${rule.windowMinutes} min (${rejected} of ${read}). ${link}`
  );
}
