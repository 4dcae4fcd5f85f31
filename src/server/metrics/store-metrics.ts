import type { StoreMetricName } from '../../storage/store-facts.ts';
import type { MetricFacts } from './metrics.ts';

/** Of object stores and of the cache of their files. */
export const storeMetrics: Readonly<Record<`helios_${StoreMetricName}`, MetricFacts>> = {
  helios_store_requests_total: {
    kind: 'counter',
    help:
      'Requests to object stores by operation, as they are priced, and by use: for tables, ' +
      'the state (--state), the log (--ack s3).',
  },
  helios_store_retries_total: {
    kind: 'counter',
    help: 'Requests to object stores that were tried again.',
  },
  helios_store_failures_total: {
    kind: 'counter',
    help: 'Requests to object stores without an answer, or with 429 or 500 and above.',
  },
  helios_store_sent_bytes_total: { kind: 'counter', help: 'Bytes of objects sent to stores.' },
  helios_store_received_bytes_total: {
    kind: 'counter',
    help: 'Bytes of objects received from stores.',
  },
  helios_cache_files: { kind: 'gauge', help: 'Files of object stores on this machine.' },
  helios_cache_bytes: { kind: 'gauge', help: 'Their bytes.' },
  helios_cache_limit_bytes: { kind: 'gauge', help: 'What they may have: cache_size.' },
  helios_cache_hits_total: { kind: 'counter', help: 'Files that were wanted and there.' },
  helios_cache_misses_total: { kind: 'counter', help: 'Files that were wanted and fetched.' },
  helios_cache_fetched_bytes_total: { kind: 'counter', help: 'Bytes of files fetched.' },
  helios_cache_damaged_files_total: {
    kind: 'counter',
    help: 'Files that were no longer what they had been, and were fetched again.',
  },
};
