/** What an error that a broker answers to Fetch means for the partition. */
export type AnswerOutcome =
  | { readonly kind: 'records' }
  | { readonly kind: 'out_of_range' }
  /** Somebody else leads now, or the topic is another one: to be looked up anew. */
  | { readonly kind: 'stale'; readonly name: string }
  | { readonly kind: 'refused' }
  /** It may pass. */
  | { readonly kind: 'trouble'; readonly name: string };

/** Errors by their numbers: https://kafka.apache.org/protocol.html#protocol_error_codes */
export function outcomeOf(errorCode: number): AnswerOutcome {
  if (errorCode === 0) return { kind: 'records' };
  if (errorCode === 1) return { kind: 'out_of_range' };
  if (errorCode === 29) return { kind: 'refused' };
  const stale = staleNames[errorCode];
  if (stale !== undefined) return { kind: 'stale', name: stale };
  return { kind: 'trouble', name: troubleNames[errorCode] ?? `the error ${errorCode}` };
}

const staleNames: Readonly<Record<number, string>> = {
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  9: 'REPLICA_NOT_AVAILABLE',
  56: 'KAFKA_STORAGE_ERROR',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
  100: 'UNKNOWN_TOPIC_ID',
  103: 'INCONSISTENT_TOPIC_ID',
};

const troubleNames: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN_SERVER_ERROR',
  2: 'CORRUPT_MESSAGE',
  7: 'REQUEST_TIMED_OUT',
  35: 'UNSUPPORTED_VERSION',
  44: 'POLICY_VIOLATION',
  78: 'OFFSET_NOT_AVAILABLE',
  89: 'THROTTLING_QUOTA_EXCEEDED',
};
