import type { KafkaAccess } from '../../../connection/kafka/kafka-access.ts';

/** The same, but no request outlasts the time that a batch has. */
export function guardedAccess(access: KafkaAccess, timeoutMs: number): KafkaAccess {
  const { client } = access;
  const requestTimeout = Math.min(client.requestTimeout ?? timeoutMs, timeoutMs);
  const connectTimeout = Math.min(client.connectTimeout ?? timeoutMs, timeoutMs);
  return { ...access, client: { ...client, requestTimeout, connectTimeout } };
}
