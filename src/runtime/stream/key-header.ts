import type { RequestKey } from '../../log/idempotency.ts';
import type { KeyEntry } from '../../log/key-table.ts';
import type { RecordHeader } from '../../sink/kafka/produce/record-batch.ts';
import type { StoredPlace } from './topic-stream.ts';

/** Where the first record of a request says which key it came with. */
const headerName = 'helios-request';

/**
 * The header of a request with a key: hashes of key and body, and when it came. It is stored with
 * the records or not at all, so that what a crash left can be told from the topic alone.
 */
export function keyHeader({ keyHash, bodyHash }: RequestKey, nowMs: number): RecordHeader {
  const words = [base64(keyHash), base64(bodyHash.subarray(0, hashBytes)), String(nowMs)];
  return { name: headerName, value: words.join('.') };
}

/** The key that a record's headers name; undefined for most records. */
export function keyOfHeaders(
  headers: unknown,
  { partition, from, to }: StoredPlace,
): KeyEntry | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined;
  const value: unknown = Reflect.get(headers, headerName);
  const found = typeof value === 'string' ? pattern.exec(value) : null;
  const [, keyHash = '', bodyHash = '', arrivedAt = ''] = found ?? [];
  if (found === null) return undefined;
  return {
    keyHash: Buffer.from(keyHash, 'base64url'),
    bodyHash: Buffer.from(bodyHash, 'base64url'),
    partition,
    from,
    byteLength: to - from,
    arrivedAtMs: Number(arrivedAt),
  };
}

const hashBytes = 16;
const pattern = /^([\w-]{22})\.([\w-]{22})\.(\d{1,15})$/;

function base64(hash: Uint8Array): string {
  return Buffer.from(hash).toString('base64url');
}
