import { useEffect, useState } from 'react';
import type { ErrorBody } from '../../server/api.ts';
import { after, nowMs } from '../clock.ts';
import { errorBodyOf, request } from './request.ts';

/** A document that is asked for again and again. */
export type Polled<T> = {
  /** The newest that arrived, also while the server is away. */
  readonly value: T | undefined;
  /** Why the last question failed; undefined when it didn't. */
  readonly error: ErrorBody | undefined;
  /** Asks at once. */
  readonly again: () => void;
};

/** What takes a server long is asked for seldom: it rests at least so many times as long. */
const restsPerAnswer = 4;

/** The document at `path`, asked for again `everyMs` after each answer while the page is seen. */
export function usePolled<T>(path: string, everyMs: number): Polled<T> {
  const [state, setState] = useState<{ path: string; value?: T; error?: ErrorBody }>({ path });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const value = await request<T>(path, { signal: stop.signal });
        if (!stop.signal.aborted) setState({ path, value });
      } catch (thrown) {
        if (stop.signal.aborted) return;
        const error = errorBodyOf(thrown);
        setState((before) => (before.path === path ? { ...before, error } : { path, error }));
      }
    };
    const repeat = (): void => {
      const askedMs = nowMs();
      void ask().then(() => {
        const restMs = Math.max(everyMs, (nowMs() - askedMs) * restsPerAnswer);
        if (!stop.signal.aborted) cancel = after(restMs, onTime);
      });
    };
    const onTime = (): void => {
      if (document.visibilityState === 'visible') repeat();
      else document.addEventListener('visibilitychange', repeat, { once: true });
    };
    let cancel = (): void => undefined;
    repeat();
    return () => {
      stop.abort();
      cancel();
      document.removeEventListener('visibilitychange', repeat);
    };
  }, [path, everyMs, round]);
  const isCurrent = state.path === path;
  return {
    value: isCurrent ? state.value : undefined,
    error: isCurrent ? state.error : undefined,
    again: () => setRound((before) => before + 1),
  };
}
