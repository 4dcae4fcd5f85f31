import { systemClock } from '../../src/base/clock.ts';
import { testConnection } from '../../src/connection/check/test-connection.ts';
import type { Connection, ConnectionStep } from '../../src/connection/connection.ts';
import type { ConnectionContext } from '../../src/connection/context.ts';
import { ReferencedSecrets } from '../../src/connection/secrets.ts';

/** What connecting needs, with these variables. */
export function contextOf(
  environment: Readonly<Record<string, string | undefined>>,
): ConnectionContext {
  const parts = { environment, clock: systemClock, random: () => 0.5 };
  return { ...parts, secrets: new ReferencedSecrets(parts) };
}

/** The steps of a test of a connection. */
export async function stepsOf(
  connection: Pick<Connection, 'kind' | 'options'>,
  context: ConnectionContext,
  stream?: string,
): Promise<readonly ConnectionStep[]> {
  const { signal } = new AbortController();
  const steps: ConnectionStep[] = [];
  for await (const step of testConnection(connection, context, { stream, signal })) {
    steps.push(step);
  }
  return steps;
}

/** `ok`, or the step that failed with what it said and what to do. */
export function verdictOf(steps: readonly ConnectionStep[]): string {
  const failed = steps.find(({ outcome }) => outcome === 'failed');
  return failed === undefined ? 'ok' : `${failed.step}: ${failed.message} ${failed.hint ?? ''}`;
}

/** What a step said. */
export function messageOf(steps: readonly ConnectionStep[], step: ConnectionStep['step']): string {
  return steps.find((one) => one.step === step)?.message ?? '';
}
