import type { Scope } from '../scope.ts';

/**
 * Runs what follows CloudFormation. Ctrl+C ends the following only: AWS goes on by itself, and
 * `again` goes on from wherever it is then. 130 in that case, else 0.
 */
export async function detachable(
  scope: Scope,
  again: string,
  work: () => Promise<void>,
): Promise<number> {
  try {
    await work();
    return 0;
  } catch (thrown) {
    if (!scope.signal.aborted) throw thrown;
    scope.output.alarm('');
    scope.output.alarm(
      'Detached. What CloudFormation has begun, if anything, goes on without this command.',
    );
    scope.output.alarm(`See how far it is: helios status. Go on from there: ${again}.`);
    return 130;
  }
}
