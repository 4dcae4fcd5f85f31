import type { ErrorCode } from '../../../base/errors.ts';

/** What a broker's answer to Produce means. */
export type ProduceOutcome =
  | { readonly kind: 'stored' }
  /** Stored by an earlier try, of which the broker forgot the place. */
  | { readonly kind: 'stored_before' }
  /** May pass; who leads is looked up anew. */
  | { readonly kind: 'trouble'; readonly name: string }
  /** The broker does not know the producer's sequence any more: go on as a new producer. */
  | { readonly kind: 'unknown_producer'; readonly name: string }
  | {
      readonly kind: 'refused';
      readonly name: string;
      readonly code: ErrorCode;
      readonly hint: string;
    };

/** Errors by their numbers: https://kafka.apache.org/protocol.html#protocol_error_codes */
export function produceOutcome(errorCode: number): ProduceOutcome {
  if (errorCode === 0) return { kind: 'stored' };
  if (errorCode === 46) return { kind: 'stored_before' };
  const unknown = unknownProducerNames[errorCode];
  if (unknown !== undefined) return { kind: 'unknown_producer', name: unknown };
  const refusal = refusals[errorCode];
  if (refusal !== undefined) return { kind: 'refused', ...refusal };
  return { kind: 'trouble', name: troubleNames[errorCode] ?? `the error ${errorCode}` };
}

export const tooLargeNames: readonly string[] = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];

const unknownProducerNames: Readonly<Record<number, string>> = {
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  47: 'INVALID_PRODUCER_EPOCH',
  49: 'INVALID_PRODUCER_ID_MAPPING',
  59: 'UNKNOWN_PRODUCER_ID',
  90: 'PRODUCER_FENCED',
};

const troubleNames: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN_SERVER_ERROR',
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  14: 'COORDINATOR_LOAD_IN_PROGRESS',
  15: 'COORDINATOR_NOT_AVAILABLE',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  51: 'CONCURRENT_TRANSACTIONS',
  56: 'KAFKA_STORAGE_ERROR',
  89: 'THROTTLING_QUOTA_EXCEEDED',
};

const refusals: Readonly<
  Record<number, { readonly name: string; readonly code: ErrorCode; readonly hint: string }>
> = {
  10: {
    name: 'MESSAGE_TOO_LARGE',
    code: 'too_large',
    hint: "Raise the topic's max.message.bytes, or send less at once.",
  },
  18: {
    name: 'RECORD_LIST_TOO_LARGE',
    code: 'too_large',
    hint: "Raise the topic's segment.bytes, or send less at once.",
  },
  29: {
    name: 'TOPIC_AUTHORIZATION_FAILED',
    code: 'access_refused',
    hint:
      'Add an ACL: kafka-acls --add --allow-principal User:NAME --operation Write --topic NAME. ' +
      'With AWS_MSK_IAM, allow kafka-cluster:WriteData on it.',
  },
  31: {
    name: 'CLUSTER_AUTHORIZATION_FAILED',
    code: 'access_refused',
    hint:
      'Brokers before Kafka 3.0 want an ACL for IdempotentWrite on the cluster. ' +
      'With AWS_MSK_IAM, allow kafka-cluster:WriteDataIdempotently.',
  },
  32: {
    name: 'INVALID_TIMESTAMP',
    code: 'invalid_config',
    hint: "Look at the topic's message.timestamp.before.max.ms and message.timestamp.after.max.ms.",
  },
  35: {
    name: 'UNSUPPORTED_VERSION',
    code: 'invalid_config',
    hint: 'Apache Kafka 2.4 and later work, and what is compatible with it.',
  },
  43: {
    name: 'UNSUPPORTED_FOR_MESSAGE_FORMAT',
    code: 'invalid_config',
    hint: 'The topic keeps its records in an old format: look at its message.format.version.',
  },
  44: {
    name: 'POLICY_VIOLATION',
    code: 'invalid_config',
    hint: 'A policy of the cluster forbids it. Ask whoever runs the cluster.',
  },
  76: {
    name: 'UNSUPPORTED_COMPRESSION_TYPE',
    code: 'invalid_config',
    hint: 'The cluster does not take zstd: Apache Kafka 2.1 and later do.',
  },
  87: {
    name: 'INVALID_RECORD',
    code: 'invalid_config',
    hint: 'A compacted topic takes only records with keys: set sink.key_field.',
  },
};
