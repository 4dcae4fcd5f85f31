import { expect, test } from 'vitest';
import { Metrics } from './metrics.ts';

test('counters, gauges and histograms come out as Prometheus text', () => {
  const metrics = new Metrics();
  metrics.count('helios_ingest_rejections_total', { code: 'too_large' });
  metrics.count('helios_ingest_rejections_total', { code: 'too_large' }, 2);
  metrics.observeSeconds('helios_query_duration_seconds', 0.02);
  metrics.observeSeconds('helios_query_duration_seconds', 5);
  const text = metrics.text([
    { name: 'helios_pipeline_epoch', labels: { pipeline: 'a"b\\c\nd' }, value: 7 },
  ]);
  expect(text).toContain(
    '# TYPE helios_ingest_rejections_total counter\n' +
      'helios_ingest_rejections_total{code="too_large"} 3\n',
  );
  expect(text).toContain('helios_pipeline_epoch{pipeline="a\\"b\\\\c\\nd"} 7\n');
  expect(text).toContain('helios_query_duration_seconds_bucket{le="0.01"} 0\n');
  expect(text).toContain('helios_query_duration_seconds_bucket{le="0.03"} 1\n');
  expect(text).toContain('helios_query_duration_seconds_bucket{le="+Inf"} 2\n');
  expect(text).toContain('helios_query_duration_seconds_sum 5.02\n');
  expect(text.endsWith('\n')).toBe(true);
});
