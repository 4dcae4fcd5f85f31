import type { Alerts } from '../../alert/alert.ts';
import type { MetricFacts, Sample } from './metrics.ts';

export type AlertMetricName = 'helios_alert_messages_total' | 'helios_alert_over';

/** What alerts see, and what became of their messages. */
export const alertMetrics: Readonly<Record<AlertMetricName, MetricFacts>> = {
  helios_alert_messages_total: {
    kind: 'counter',
    help:
      'Messages of alerts to their webhooks, by outcome: delivered; failed, each attempt; ' +
      'given_up, those that are not tried again.',
  },
  helios_alert_over: {
    kind: 'gauge',
    help: "1 while a pipeline's share of rejected records is above an alert's threshold.",
  },
};

export function alertSamples(alerts: Alerts | undefined): readonly Sample[] {
  return (alerts?.list() ?? []).flatMap(({ name: alert, deliveries, crossings }) => {
    const outcomes = {
      delivered: deliveries.delivered,
      failed: deliveries.failed,
      given_up: deliveries.givenUp,
    };
    return [
      ...Object.entries(outcomes).map(([outcome, value]): Sample => ({
        name: 'helios_alert_messages_total',
        labels: { alert, outcome },
        value,
      })),
      ...Object.entries(crossings)
        .filter(([, { kind }]) => kind === 'over')
        .map(([pipeline]): Sample => ({
          name: 'helios_alert_over',
          labels: { alert, pipeline },
          value: 1,
        })),
    ];
  });
}
