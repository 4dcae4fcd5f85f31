import { useEffect, useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import type { TryAnswer, TryBody } from '../../../../server/discovery/discovery-answers.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { after } from '../../../clock.ts';
import type { SampleRecord } from './use-sample.ts';

export type Trial = {
  /** Of the script that was tried last; it may be another by now, while the next is tried. */
  readonly answer: TryAnswer | undefined;
  readonly error: ErrorBody | undefined;
  readonly isTrying: boolean;
};

const pauseMs = 300;

/** What a script would do with these records, tried anew shortly after each change. */
export function useTrial(sql: string, records: readonly SampleRecord[]): Trial {
  const [state, setState] = useState<{
    readonly sql: string;
    readonly records: readonly SampleRecord[];
    readonly answer?: TryAnswer;
    readonly error?: ErrorBody;
  }>();
  useEffect(() => {
    const stop = new AbortController();
    const sent = records.map(({ partition, position, value }) => ({ partition, position, value }));
    const cancel = after(pauseMs, () => {
      request<TryAnswer>('/api/v1/pipelines/try', {
        body: { sql, records: sent } satisfies TryBody,
        signal: stop.signal,
      }).then(
        (answer) => setState({ sql, records, answer }),
        (thrown: unknown) => {
          if (!stop.signal.aborted) setState({ sql, records, error: errorBodyOf(thrown) });
        },
      );
    });
    return () => {
      cancel();
      stop.abort();
    };
  }, [sql, records]);
  const isOfThese = state?.records === records;
  return {
    answer: isOfThese ? state.answer : undefined,
    error: isOfThese ? state.error : undefined,
    isTrying: !isOfThese || state.sql !== sql,
  };
}
