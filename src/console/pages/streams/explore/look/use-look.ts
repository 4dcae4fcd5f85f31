import { useEffect, useState } from 'react';
import type { ErrorBody } from '../../../../../server/api.ts';
import type { PeekAnswerDocument } from '../../../../../server/discovery/discovery-answers.ts';
import { errorBodyOf, request } from '../../../../api/request.ts';

export type Look = {
  readonly answer: PeekAnswerDocument | undefined;
  readonly error: ErrorBody | undefined;
  readonly isLooking: boolean;
};

/** The records that a stream's path has from a place on; undefined looks at nothing. */
export function useLook(
  path: string,
  from: string | undefined,
  { count, round }: { readonly count: number; readonly round: number },
): Look {
  const [look, setLook] = useState<Look>(nothing);
  useEffect(() => {
    if (from === undefined) {
      setLook(nothing);
      return undefined;
    }
    const stop = new AbortController();
    setLook((before) => ({ ...before, isLooking: true }));
    lookAt(path, { from, count, signal: stop.signal }).then(
      (answer) => setLook({ answer, error: undefined, isLooking: false }),
      (thrown: unknown) => {
        if (stop.signal.aborted) return;
        setLook({ answer: undefined, error: errorBodyOf(thrown), isLooking: false });
      },
    );
    return () => stop.abort();
  }, [path, from, count, round]);
  return look;
}

const nothing: Look = { answer: undefined, error: undefined, isLooking: false };

/** Asks once; throws `ApiError`. */
export async function lookAt(
  path: string,
  { from, count, signal }: { from: string; count: number; signal: AbortSignal },
): Promise<PeekAnswerDocument> {
  const search = new URLSearchParams({ from, count: String(count) });
  return await request<PeekAnswerDocument>(`${path}/records?${search.toString()}`, { signal });
}
