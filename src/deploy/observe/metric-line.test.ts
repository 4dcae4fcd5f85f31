import { expect, test } from 'vitest';
import { everything } from '../testing/variants.ts';
import { stackTemplate } from '../template/stack.ts';
import { healthOf, metricLine } from './metric-line.ts';

const text = `# HELP helios_source_lag_seconds Age of the oldest record not yet in the tables.
# TYPE helios_source_lag_seconds gauge
helios_source_lag_seconds{pipeline="a",source="clicks"} 0.25
helios_source_lag_seconds{pipeline="b",source="orders {x}"} 12.5
helios_source_lag_seconds_other 99
helios_state_kept_age_seconds 7.5
helios_ingest_rejections_total{code="invalid_json"} 400
helios_ingest_rejections_total{code="storage_failed"} 3
helios_ingest_rejections_total{code="of_a_newer_helios"} 2
`;

test('the oldest record, the oldest state and our own faults are what counts', () => {
  expect(healthOf(text)).toEqual({ lagSeconds: 12.5, keptAgeSeconds: 7.5, ingestErrorCount: 5 });
  expect(healthOf('')).toEqual({ lagSeconds: 0, keptAgeSeconds: 0, ingestErrorCount: 0 });
  expect(healthOf('helios_source_lag_seconds NaN\n').lagSeconds).toBe(0);
});

test.each([
  ['the first', undefined, 5, 0],
  ['one more', 5, 6, 1],
  ['started anew meanwhile', 5, 2, 2],
])('errors since the last line: %s', (_what, before, now, expected) => {
  const health = { ...healthOf(text), ingestErrorCount: now };
  const last = before === undefined ? undefined : { ingestErrorCount: before };
  const line = JSON.parse(metricLine(health, last, { stack: 'shop', atMs: 1_795_000_000_000 }));
  expect(line).toMatchObject({ IngestErrors: expected, LagSeconds: 12.5, Stack: 'shop' });
});

test('what CloudWatch takes from a line is what the alarms look at', () => {
  const line = JSON.parse(metricLine(healthOf(text), undefined, { stack: 'shop', atMs: 1 })) as {
    _aws: {
      Timestamp: number;
      CloudWatchMetrics: {
        Namespace: string;
        Dimensions: string[][];
        Metrics: { Name: string }[];
      }[];
    };
  } & Record<string, unknown>;
  const [directive] = line['_aws'].CloudWatchMetrics;
  expect(directive?.Dimensions).toEqual([['Stack']]);
  const alarms = Object.values(stackTemplate(everything.ec2).Resources).flatMap((resource) =>
    resource.Type === 'AWS::CloudWatch::Alarm' ? [resource.Properties] : [],
  );
  expect(alarms).toHaveLength(3);
  for (const { Namespace, MetricName, Dimensions } of alarms) {
    expect(Namespace).toBe(directive?.Namespace);
    expect(directive?.Metrics.map(({ Name }) => Name)).toContain(MetricName);
    expect(line).toHaveProperty(MetricName);
    expect(Dimensions).toEqual([{ Name: 'Stack', Value: line['Stack'] }]);
  }
});
