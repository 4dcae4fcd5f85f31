import { useEffect, useState } from 'react';
import type { ErrorBody, QueryAnswerDocument } from '../../server/api.ts';
import { after } from '../clock.ts';
import { errorBodyOf, request } from './request.ts';

/** A cell of an answer; wide integers are exact text. */
export type Cell = string | number | boolean | null;

/** A row of an answer by its columns' names. */
export type AnswerRow = Readonly<Record<string, Cell>>;

/** One SELECT with the values of its parameters $1, $2 … */
export type Question = { readonly sql: string; readonly params?: readonly Cell[] };

/** What no person has asked: the history of queries leaves it out. */
const ownMark = '-- a page of the console\n';

/** Asks once; throws `ApiError`. */
export async function ask(
  { sql, params = [] }: Question,
  signal?: AbortSignal,
): Promise<readonly AnswerRow[]> {
  const marked = ownMark + sql;
  const body = params.length === 0 ? { sql: marked } : { sql: marked, params };
  const answer = await request<QueryAnswerDocument>('/api/v1/query', { body, signal });
  return answer.rows.map((row) =>
    Object.fromEntries(
      answer.columns.map(({ name }, index) => [name, (row[index] ?? null) as Cell]),
    ),
  );
}

/** The rows of a question that is asked again and again. */
export type AskedRows = {
  /** The newest that arrived; undefined before the first. */
  readonly rows: readonly AnswerRow[] | undefined;
  /** Why the last answer failed to come; undefined when it came. */
  readonly error: ErrorBody | undefined;
  /** Asks at once. */
  readonly again: () => void;
};

/** Asks `question`, and again `everyMs` after each answer while the page is seen; 0: only once. */
export function useRows(question: Question, everyMs: number): AskedRows {
  const key = JSON.stringify(question);
  const [state, setState] = useState<{ key: string } & Partial<AskedRows>>({ key });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let cancel = (): void => undefined;
    const round = async (): Promise<void> => {
      try {
        const rows = await ask(JSON.parse(key) as Question, stop.signal);
        if (!stop.signal.aborted) setState({ key, rows });
      } catch (thrown) {
        if (stop.signal.aborted) return;
        const error = errorBodyOf(thrown);
        setState((before) => (before.key === key ? { ...before, error } : { key, error }));
      }
      if (!stop.signal.aborted && everyMs > 0) cancel = after(everyMs, onTime);
    };
    const onTime = (): void => {
      if (document.visibilityState === 'visible') void round();
      else document.addEventListener('visibilitychange', onTime, { once: true });
    };
    void round();
    return () => {
      stop.abort();
      cancel();
      document.removeEventListener('visibilitychange', onTime);
    };
  }, [key, everyMs, turn]);
  const isCurrent = state.key === key;
  return {
    rows: isCurrent ? state.rows : undefined,
    error: isCurrent ? state.error : undefined,
    again: () => setTurn((before) => before + 1),
  };
}
