import type { FileCacheFacts } from './file-cache.ts';
import type { RequestFacts } from './s3/request-counts.ts';

/** What object stores were asked since the start, and the cache of their files. */
export type StoreFacts = {
  /** `store`: the endpoint, or AWS's region. One for each way of reaching it. */
  readonly stores: readonly (RequestFacts & { readonly store: string })[];
  readonly cache: FileCacheFacts;
};

/** A number with a name, as metrics have it. */
export type StoreSample = {
  readonly name: StoreMetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

export type StoreMetricName =
  | 'store_requests_total'
  | 'store_retries_total'
  | 'store_failures_total'
  | 'store_sent_bytes_total'
  | 'store_received_bytes_total'
  | 'cache_files'
  | 'cache_bytes'
  | 'cache_limit_bytes'
  | 'cache_hits_total'
  | 'cache_misses_total'
  | 'cache_fetched_bytes_total'
  | 'cache_damaged_files_total';

/** The facts one by one; stores that are reached in several ways are summed up. */
export function storeSamples({ stores, cache }: StoreFacts): readonly StoreSample[] {
  const sums = new Map<string, StoreSample>();
  const add = (name: StoreMetricName, labels: StoreSample['labels'], value: number): void => {
    const key = JSON.stringify([name, labels]);
    sums.set(key, { name, labels, value: (sums.get(key)?.value ?? 0) + value });
  };
  for (const { store, requests, retries, failures, bytesSent, bytesReceived } of stores) {
    for (const [operation, count] of Object.entries(requests)) {
      add('store_requests_total', { store, operation }, count);
    }
    add('store_retries_total', { store }, retries);
    add('store_failures_total', { store }, failures);
    add('store_sent_bytes_total', { store }, bytesSent);
    add('store_received_bytes_total', { store }, bytesReceived);
  }
  add('cache_files', {}, cache.files);
  add('cache_bytes', {}, cache.bytes);
  add('cache_limit_bytes', {}, cache.bytesMax);
  add('cache_hits_total', {}, cache.hits);
  add('cache_misses_total', {}, cache.misses);
  add('cache_fetched_bytes_total', {}, cache.bytesFetched);
  add('cache_damaged_files_total', {}, cache.damaged);
  return [...sums.values()];
}
