import { useEffect, useRef, useState } from 'react';
import type { ErrorBody } from '../../server/api.ts';
import { errorBodyOf } from './request.ts';

/** What is looked for once; neither a value nor an error: it is being looked for. */
export type Found<T> = { readonly value: T | undefined; readonly error: ErrorBody | undefined };

/** Looks by `find`, and again whenever `key` is another; an empty key looks for nothing. */
export function useFound<T>(key: string, find: (signal: AbortSignal) => Promise<T>): Found<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: ErrorBody }>({ key });
  const newest = useRef(find);
  useEffect(() => {
    newest.current = find;
  });
  useEffect(() => {
    if (key === '') return undefined;
    const stop = new AbortController();
    newest.current(stop.signal).then(
      (value) => {
        if (!stop.signal.aborted) setState({ key, value });
      },
      (thrown: unknown) => {
        if (!stop.signal.aborted) setState({ key, error: errorBodyOf(thrown) });
      },
    );
    return () => stop.abort();
  }, [key]);
  const isCurrent = state.key === key;
  return {
    value: isCurrent ? state.value : undefined,
    error: isCurrent ? state.error : undefined,
  };
}
