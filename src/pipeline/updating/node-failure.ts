import { HeliosError } from '../../base/errors.ts';

/** What an error of SQL over rows that a node keeps becomes: no record alone is why. */
export function nodeFailure(label: string, thrown: unknown): unknown {
  if (!(thrown instanceof HeliosError) || thrown.code !== 'query_failed') return thrown;
  return new HeliosError('window_failed', `${label} can't be computed: ${thrown.message}`, {
    hint:
      'Change the SELECT so that it takes these values (TRY_CAST, TRY, a WHERE before it), then ' +
      'start the pipeline again. Nothing was lost: what was read since then is read again.',
    cause: thrown,
  });
}
