import { useEffect, useRef, useState } from 'react';
import type { ErrorBody, QueryAnswerDocument } from '../../../../server/api.ts';
import type { SharedQueryBody } from '../../../../server/library/library-api.ts';
import { errorBodyOf, send } from '../../../api/request.ts';
import { after, nowMs, serverNowMs } from '../../../clock.ts';
import { recentAnswers } from './recent-answers.ts';
import { newestAgeMs, waitMs } from './tick.ts';

/** What a panel shows: the newest answer, and why there is no newer one. */
export type PanelAnswer = {
  readonly answer: QueryAnswerDocument | undefined;
  readonly error: ErrorBody | undefined;
  /** Of the newest event in the tables that the answer saw, when it came. */
  readonly ageMs: number | undefined;
};

/**
 * The answer to `question`, asked again each tick of the server, which is the same for everybody
 * who looks. While a query takes longer, or fails, or the page is hidden, it is asked less, or not.
 * A paused panel asks only what it has not asked.
 */
export function usePanelAnswer(
  question: SharedQueryBody | undefined,
  { tickMs, isPaused }: { readonly tickMs: number; readonly isPaused: boolean },
): PanelAnswer {
  const key = question === undefined ? undefined : JSON.stringify({ ...question, tick_ms: tickMs });
  const [state, setState] = useState<PanelAnswer>(() => recentAnswers.of(key, nowMs()) ?? nothing);
  const answered = useRef<string>(undefined);
  useEffect(() => {
    if (key === undefined || (isPaused && answered.current === key)) return;
    const stop = new AbortController();
    let failures = 0;
    let cancel = (): void => undefined;
    const round = async (): Promise<void> => {
      const startMs = nowMs();
      let nextMs = tickMs;
      try {
        const body: unknown = JSON.parse(key);
        const response = await send('/api/v1/query/shared', { body, signal: stop.signal });
        nextMs = Number(response.headers.get('x-helios-next-ms') ?? tickMs);
        const answer = (await response.json()) as QueryAnswerDocument;
        if (stop.signal.aborted) return;
        failures = 0;
        answered.current = key;
        const ageMs = newestAgeMs(answer.saw, serverNowMs());
        const next = { answer, error: undefined, ageMs };
        recentAnswers.keep(key, next, nowMs());
        setState(next);
      } catch (thrown) {
        if (stop.signal.aborted) return;
        failures += 1;
        const error = errorBodyOf(thrown);
        setState((before) => ({ ...before, error }));
      }
      if (isPaused && failures === 0) return;
      cancel = after(waitMs({ nextMs, tickMs, tookMs: nowMs() - startMs, failures }), onTime);
    };
    const onTime = (): void => {
      document.removeEventListener('visibilitychange', onTime);
      if (document.visibilityState === 'visible') void round();
      else document.addEventListener('visibilitychange', onTime);
    };
    onTime();
    return () => {
      stop.abort();
      cancel();
      document.removeEventListener('visibilitychange', onTime);
    };
  }, [key, tickMs, isPaused]);
  return state;
}

const nothing = { answer: undefined, error: undefined, ageMs: undefined };
