import { useEffect, useState } from 'react';
import type { ErrorBody, ValidateAnswer } from '../../../server/api.ts';
import { errorBodyOf, request } from '../../api/request.ts';
import { after } from '../../clock.ts';

/** While nobody answers, it is asked again this often. */
const againMs = 2000;

/** After the last key: sooner would find what is half typed wrong. */
const pauseMs = 300;

export type Checked = {
  /** What was checked: a text of before, while another is being typed. */
  readonly sql: string;
  readonly answer?: ValidateAnswer | undefined;
  /** Why it could not be checked. */
  readonly error?: ErrorBody | undefined;
};

/** Checks a script as it is typed; undefined before the first answer, and without a script. */
export function useValidation(sql: string): Checked | undefined {
  const [checked, setChecked] = useState<Checked>();
  const isEmpty = sql.trim() === '';
  useEffect(() => {
    if (isEmpty) return undefined;
    const stop = new AbortController();
    const check = async (): Promise<void> => {
      try {
        const answer = await request<ValidateAnswer>('/api/v1/pipelines/validate', {
          body: { sql },
          signal: stop.signal,
        });
        if (!stop.signal.aborted) setChecked({ sql, answer });
      } catch (thrown) {
        if (stop.signal.aborted) return;
        const error = errorBodyOf(thrown);
        setChecked({ sql, error });
        if (error.code === 'unavailable') cancel = after(againMs, () => void check());
      }
    };
    let cancel = after(pauseMs, () => void check());
    return () => {
      cancel();
      stop.abort();
    };
  }, [sql, isEmpty]);
  return isEmpty ? undefined : checked;
}
