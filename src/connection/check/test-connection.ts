import type { Connection, ConnectionStep } from '../connection.ts';
import type { ConnectionContext } from '../context.ts';
import { KafkaCheck } from './kafka-check.ts';
import { KinesisCheck } from './kinesis-check.ts';
import { runStages } from './stages.ts';

export type ConnectionTest = {
  /** The topic or the stream to look at; undefined: the first that has a record. */
  readonly stream?: string | undefined;
  /** For all of it. */
  readonly timeoutMs?: number | undefined;
  readonly signal: AbortSignal;
};

/**
 * Tries a connection step by step, each told when it is done: options, DNS, TCP, TLS,
 * authentication, authorisation, describe, read; then the schema registry, where there is one. A
 * failure is a step, with what to do; those after
 * it are skipped. Rejects only with the signal's reason, and for bugs.
 */
export async function* testConnection(
  connection: Pick<Connection, 'kind' | 'options'>,
  context: ConnectionContext,
  test: ConnectionTest,
): AsyncGenerator<ConnectionStep> {
  const letGo = new AbortController();
  const place = { context, stream: test.stream, signal: letGo.signal };
  await using check =
    connection.kind === 'kafka'
      ? new KafkaCheck(connection.options, place)
      : new KinesisCheck(connection.options, place);
  yield* runStages(check.stages, {
    clock: context.clock,
    timeoutMs: test.timeoutMs ?? timeoutMs,
    signal: test.signal,
    letGo,
  });
}

/** Two addresses that stay silent, and a service that retries, fit into it. */
const timeoutMs = 30_000;

/** What a check of either kind works with. */
export type CheckPlace = {
  readonly context: ConnectionContext;
  readonly stream: string | undefined;
  /** Aborted when nobody waits for the check any more. */
  readonly signal: AbortSignal;
};
