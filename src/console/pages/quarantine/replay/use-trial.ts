import { useEffect, useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import type {
  QuarantineTrialAnswer,
  QuarantineTrialBody,
} from '../../../../server/quarantine/quarantine-api.ts';
import { errorBodyOf, request } from '../../../api/request.ts';

export type Trial = {
  /** The newest answer; undefined before the first. */
  readonly answer: QuarantineTrialAnswer | undefined;
  readonly error: ErrorBody | undefined;
  readonly isRunning: boolean;
};

/** Tries records, and again whenever `body` or `turn` changes; undefined tries none. */
export function useTrial(body: QuarantineTrialBody | undefined, turn: number): Trial {
  const [state, setState] = useState<Trial>({
    ...{ answer: undefined, error: undefined, isRunning: body !== undefined },
  });
  const text = body === undefined ? '' : JSON.stringify(body);
  useEffect(() => {
    if (text === '') return undefined;
    const stop = new AbortController();
    setState((before) => ({ ...before, isRunning: true }));
    request<QuarantineTrialAnswer>('/api/v1/quarantine/trial', {
      body: JSON.parse(text) as QuarantineTrialBody,
      signal: stop.signal,
    }).then(
      (answer) => setState({ answer, error: undefined, isRunning: false }),
      (thrown: unknown) => {
        if (stop.signal.aborted) return;
        setState({ answer: undefined, error: errorBodyOf(thrown), isRunning: false });
      },
    );
    return () => stop.abort();
  }, [text, turn]);
  return state;
}
