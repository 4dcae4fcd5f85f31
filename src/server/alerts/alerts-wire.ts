import type { AlertRule, AlertStatus } from '../../alert/alert.ts';
import { timeText } from '../wire.ts';
import type { AlertAnswer, AlertBody } from './alerts-api.ts';

export function ruleOf(body: AlertBody): AlertRule {
  return {
    pipeline: body.pipeline,
    sharePercent: body.share_percent,
    windowMinutes: body.window_minutes ?? 5,
    recordsMin: body.records_min ?? 10,
    url: body.url,
  };
}

export function alertAnswer(status: AlertStatus): AlertAnswer {
  const { name, rule, version, changedAtMs, deliveries } = status;
  const { last } = deliveries;
  return {
    name,
    version,
    changed_at: timeText(changedAtMs),
    pipeline: rule.pipeline,
    share_percent: rule.sharePercent,
    window_minutes: rule.windowMinutes,
    records_min: rule.recordsMin,
    url: rule.url,
    pipelines: watchedPipelines(status),
    deliveries: {
      delivered: deliveries.delivered,
      failed: deliveries.failed,
      given_up: deliveries.givenUp,
      last_at: last && timeText(last.atMs),
      last_failure: last?.failure,
    },
  };
}

function watchedPipelines({ counts, crossings }: AlertStatus): AlertAnswer['pipelines'] {
  const names = new Set([...counts.keys(), ...Object.keys(crossings)]);
  return [...names].map((pipeline) => {
    const { read = 0, rejected = 0 } = counts.get(pipeline) ?? {};
    const crossing = crossings[pipeline];
    const isOver = crossing?.kind === 'over';
    const isTelling = crossing?.kind === 'past' && !crossing.isTold;
    return {
      pipeline,
      records_read: read,
      records_rejected: rejected,
      state: isOver ? 'over' : isTelling ? 'telling' : 'quiet',
      since: isOver || isTelling ? timeText(crossing.sinceMs) : undefined,
      told: isOver || isTelling ? crossing.isTold : undefined,
    };
  });
}
