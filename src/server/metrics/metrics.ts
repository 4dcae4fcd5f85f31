import { assert } from '../../base/assert.ts';
import type { StoreMetricName } from '../../storage/store-facts.ts';
import { alertMetrics, type AlertMetricName } from './alert-samples.ts';
import { storeMetrics } from './store-metrics.ts';

export type Labels = Readonly<Record<string, string>>;

export type MetricFacts = {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
};

/** Every metric of the server. Label values come from bounded sets: codes, names that exist. */
export type MetricName =
  | 'helios_http_requests_total'
  | 'helios_ingest_requests_total'
  | 'helios_ingest_bytes_total'
  | 'helios_ingest_rejections_total'
  | 'helios_ingest_body_bytes'
  | 'helios_queries_total'
  | 'helios_query_duration_seconds'
  | 'helios_live_sockets'
  | 'helios_state_number'
  | 'helios_state_kept_age_seconds'
  | 'helios_state_failing'
  | 'helios_live_dropped_rows_total'
  | 'helios_pipeline_running'
  | 'helios_pipeline_epoch'
  | 'helios_pipeline_in_bytes_total'
  | 'helios_pipeline_records_rejected_total'
  | 'helios_pipeline_records_dropped_total'
  | 'helios_pipeline_rows_out_total'
  | 'helios_pipeline_hot_rows'
  | 'helios_pipeline_lag_bytes'
  | 'helios_source_lag_records'
  | 'helios_source_lag_bytes'
  | 'helios_source_lag_seconds'
  | 'helios_partition_lag_records'
  | 'helios_partition_lag_bytes'
  | 'helios_partition_lag_seconds'
  | 'helios_stream_bytes'
  | AlertMetricName
  | `helios_${StoreMetricName}`
  | 'process_resident_memory_bytes'
  | 'process_cpu_seconds_total'
  | 'process_start_time_seconds';

const catalog: Readonly<Record<MetricName, MetricFacts>> = {
  helios_http_requests_total: {
    kind: 'counter',
    help: 'Answered requests by status, without stored ingest requests.',
  },
  helios_ingest_requests_total: { kind: 'counter', help: 'Ingest requests stored.' },
  helios_ingest_bytes_total: { kind: 'counter', help: 'Bytes of events stored, inflated.' },
  helios_ingest_rejections_total: { kind: 'counter', help: 'Ingest requests refused, by code.' },
  helios_ingest_body_bytes: { kind: 'gauge', help: 'Bytes of ingest bodies in memory.' },
  helios_queries_total: { kind: 'counter', help: 'Queries over HTTP and the live socket.' },
  helios_query_duration_seconds: { kind: 'histogram', help: 'From request to last byte.' },
  helios_live_sockets: { kind: 'gauge', help: 'Open live sockets.' },
  helios_state_number: { kind: 'counter', help: 'States put into the state store, of all owners.' },
  helios_state_kept_age_seconds: {
    kind: 'gauge',
    help: 'All that was true so long ago is in the state store.',
  },
  helios_state_failing: { kind: 'gauge', help: '1 while the state store takes nothing.' },
  helios_live_dropped_rows_total: { kind: 'counter', help: 'Tail rows a socket was too slow for.' },
  helios_pipeline_running: { kind: 'gauge', help: '1 while the pipeline runs.' },
  helios_pipeline_epoch: { kind: 'gauge', help: 'Newest epoch that is true.' },
  helios_pipeline_in_bytes_total: { kind: 'counter', help: 'Bytes of records read.' },
  helios_pipeline_records_rejected_total: { kind: 'counter', help: 'Records quarantined.' },
  helios_pipeline_records_dropped_total: {
    kind: 'counter',
    help: 'Records rejected and let go, as their table asks for.',
  },
  helios_pipeline_rows_out_total: { kind: 'counter', help: 'Rows written, by sink.' },
  helios_pipeline_hot_rows: { kind: 'gauge', help: 'Rows not yet in committed files, by sink.' },
  helios_pipeline_lag_bytes: { kind: 'gauge', help: 'Bytes of a source not yet read.' },
  helios_source_lag_records: { kind: 'gauge', help: 'Records not yet in the tables, by source.' },
  helios_source_lag_bytes: { kind: 'gauge', help: 'Bytes not yet in the tables, by source.' },
  helios_source_lag_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest record not yet in the tables, by source.',
  },
  helios_partition_lag_records: {
    kind: 'gauge',
    help: 'Records not yet in the tables, of the partitions that are furthest behind.',
  },
  helios_partition_lag_bytes: {
    kind: 'gauge',
    help: 'Bytes not yet in the tables, of the partitions that are furthest behind.',
  },
  helios_partition_lag_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest record not yet in the tables, of the partitions furthest behind.',
  },
  helios_stream_bytes: { kind: 'gauge', help: 'Bytes that a stream keeps.' },
  ...alertMetrics,
  ...storeMetrics,
  process_resident_memory_bytes: { kind: 'gauge', help: 'Resident memory of the server process.' },
  process_cpu_seconds_total: { kind: 'counter', help: 'User and system CPU time.' },
  process_start_time_seconds: { kind: 'gauge', help: 'Unix time when the process started.' },
};

/** One measured value at the moment of asking. */
export type Sample = {
  readonly name: MetricName;
  readonly labels: Labels;
  readonly value: number;
};

/** A sample that only grows. */
export type Counter = Omit<Sample, 'value'> & { value: number };

/** Counts what happens between two scrapes, and writes Prometheus's text format (version 0.0.4). */
export class Metrics {
  readonly #counters = new Map<string, Counter>();
  readonly #durations = new Map<MetricName, { buckets: number[]; count: number; sum: number }>();

  count(name: MetricName, labels: Labels = {}, by = 1): void {
    this.counter(name, labels).value += by;
  }

  /** The counter itself, for who counts often. */
  counter(name: MetricName, labels: Labels): Counter {
    const key = series(name, labels);
    const known = this.#counters.get(key);
    if (known) return known;
    const counter = { name, labels, value: 0 };
    this.#counters.set(key, counter);
    return counter;
  }

  observeSeconds(name: MetricName, seconds: number): void {
    assert(catalog[name].kind === 'histogram', `${name} is not a histogram`);
    const known = this.#durations.get(name);
    const histogram = known ?? { buckets: bucketsSeconds.map(() => 0), count: 0, sum: 0 };
    if (!known) this.#durations.set(name, histogram);
    histogram.count += 1;
    histogram.sum += seconds;
    for (const [index, bound] of bucketsSeconds.entries()) {
      if (seconds <= bound) histogram.buckets[index] = (histogram.buckets[index] ?? 0) + 1;
    }
  }

  /** All metrics, with `samples` of what is measured only when asked. */
  text(samples: readonly Sample[]): string {
    const lines: string[] = [];
    for (const [name, facts] of Object.entries(catalog)) {
      const own = [...this.#counters.values(), ...samples].filter((sample) => sample.name === name);
      const body = own.map((sample) => `${series(sample.name, sample.labels)} ${sample.value}`);
      body.push(...this.#histogramLines(name));
      if (body.length > 0) {
        lines.push(`# HELP ${name} ${facts.help}`, `# TYPE ${name} ${facts.kind}`, ...body);
      }
    }
    return `${lines.join('\n')}\n`;
  }

  #histogramLines(name: string): readonly string[] {
    const histogram = [...this.#durations].find(([known]) => known === name)?.[1];
    if (!histogram) return [];
    const buckets = bucketsSeconds.map(
      (bound, index) => `${name}_bucket{le="${bound}"} ${histogram.buckets[index] ?? 0}`,
    );
    return [
      ...buckets,
      `${name}_bucket{le="+Inf"} ${histogram.count}`,
      `${name}_sum ${histogram.sum}`,
      `${name}_count ${histogram.count}`,
    ];
  }
}

const bucketsSeconds = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];

function series(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
