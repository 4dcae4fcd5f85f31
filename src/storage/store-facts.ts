import type { FileCacheFacts } from './file-cache.ts';
import type { RequestFacts } from './s3/request-counts.ts';

/**
 * What a store is asked for: `tables`, the machine's `state` (`--state`), or the `log` of
 * acknowledged events (`--ack s3`).
 */
export type StoreUse = 'tables' | 'state' | 'log';

/** What object stores were asked since the start, and the cache of their files. */
export type StoreFacts = {
  /** `store`: the endpoint, or AWS's region. One for each way of reaching it. */
  readonly stores: readonly (RequestFacts & { readonly store: string; readonly use: StoreUse })[];
  /** Undefined where files are not kept for another time. */
  readonly cache: FileCacheFacts | undefined;
};

/** As one; undefined where no store was opened. */
export function mergedFacts(all: readonly (StoreFacts | undefined)[]): StoreFacts | undefined {
  const known = all.filter((facts) => facts !== undefined);
  if (known.length === 0) return undefined;
  return {
    stores: known.flatMap(({ stores }) => stores),
    cache: known.find(({ cache }) => cache !== undefined)?.cache,
  };
}

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
  for (const { store, use, requests, retries, failures, bytesSent, bytesReceived } of stores) {
    const place = { store, use };
    for (const [operation, count] of Object.entries(requests)) {
      add('store_requests_total', { ...place, operation }, count);
    }
    add('store_retries_total', place, retries);
    add('store_failures_total', place, failures);
    add('store_sent_bytes_total', place, bytesSent);
    add('store_received_bytes_total', place, bytesReceived);
  }
  if (cache === undefined) return [...sums.values()];
  add('cache_files', {}, cache.files);
  add('cache_bytes', {}, cache.bytes);
  add('cache_limit_bytes', {}, cache.bytesMax);
  add('cache_hits_total', {}, cache.hits);
  add('cache_misses_total', {}, cache.misses);
  add('cache_fetched_bytes_total', {}, cache.bytesFetched);
  add('cache_damaged_files_total', {}, cache.damaged);
  return [...sums.values()];
}
