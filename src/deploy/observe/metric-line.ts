import { errorCodes } from '../../base/errors.ts';
import { metricNamespace, type MetricName } from '../template/logs.ts';

/** What the alarms look at, as `/metrics` has it at one moment. */
export type Health = {
  /** Age of the oldest record that is in no table yet; 0 where there is none. */
  readonly lagSeconds: number;
  /** All that was true so long ago is in the bucket. */
  readonly keptAgeSeconds: number;
  /** Requests to `/ingest` that failed by no fault of their own, since Helios's start. */
  readonly ingestErrorCount: number;
};

/** Reads Prometheus's text (version 0.0.4), as far as it is asked for. */
export function healthOf(metricsText: string): Health {
  const values = (name: string): readonly Sample[] =>
    metricsText.split('\n').flatMap((line) => sampleOf(line, name) ?? []);
  const largest = (name: string): number => Math.max(0, ...values(name).map(({ value }) => value));
  return {
    lagSeconds: largest('helios_source_lag_seconds'),
    keptAgeSeconds: largest('helios_state_kept_age_seconds'),
    ingestErrorCount: values('helios_ingest_rejections_total')
      .filter(({ labels }) => isOurFault(/code="(\w+)"/.exec(labels)?.[1]))
      .reduce((sum, { value }) => sum + value, 0),
  };
}

/**
 * A line of the log that CloudWatch takes metrics from (its embedded metric format), and which a
 * person can read. A counter that has gone back is that of a Helios that was started anew.
 */
export function metricLine(
  health: Health,
  before: Pick<Health, 'ingestErrorCount'> | undefined,
  { stack, atMs }: { readonly stack: string; readonly atMs: number },
): string {
  const errorsBefore = before?.ingestErrorCount ?? health.ingestErrorCount;
  const isNew = health.ingestErrorCount < errorsBefore;
  const values: Readonly<Record<MetricName, number>> = {
    LagSeconds: health.lagSeconds,
    KeptAgeSeconds: health.keptAgeSeconds,
    IngestErrors: health.ingestErrorCount - (isNew ? 0 : errorsBefore),
  };
  const units = {
    LagSeconds: 'Seconds',
    KeptAgeSeconds: 'Seconds',
    IngestErrors: 'Count',
  } as const;
  return JSON.stringify({
    _aws: {
      Timestamp: atMs,
      CloudWatchMetrics: [
        {
          Namespace: metricNamespace,
          Dimensions: [['Stack']],
          Metrics: Object.entries(units).map(([Name, Unit]) => ({ Name, Unit })),
        },
      ],
    },
    Stack: stack,
    ...values,
  });
}

type Sample = { readonly labels: string; readonly value: number };

/** `name{labels} value` of one metric; undefined for other lines. */
function sampleOf(line: string, name: string): Sample | undefined {
  if (!line.startsWith(name)) return undefined;
  const [, labels = '', value] = /^(\{.*\})? (\S+)$/.exec(line.slice(name.length)) ?? [];
  const number = Number(value);
  return Number.isFinite(number) ? { labels, value: number } : undefined;
}

/** Whether a code is a failure of the server; one that a newer Helios has counts as that. */
function isOurFault(code: string | undefined): boolean {
  const facts = Object.entries(errorCodes).find(([known]) => known === code)?.[1];
  return facts === undefined || facts.httpStatus >= 500;
}
