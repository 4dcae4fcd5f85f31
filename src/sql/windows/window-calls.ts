import type { FunctionCall } from '../select-facts.ts';
import type { SelectProblem } from '../stateless.ts';

/** What a window's call takes. */
const takes: Readonly<Record<string, { readonly count: number; readonly says: string }>> = {
  tumble: { count: 1, says: 'tumble takes one interval, its width' },
  hop: { count: 2, says: 'hop takes two intervals, its slide and its width' },
  session: { count: 1, says: 'session takes one interval, its gap' },
};

const examples: Readonly<Record<string, string>> = {
  tumble: "tumble(interval '1 minute')",
  hop: "hop(interval '10 seconds', interval '1 minute')",
  session: "session(interval '5 minutes')",
};

/** Spark's. */
const others: Readonly<Record<string, string>> = { window: 'tumble', session_window: 'session' };

/** Other engines' windows have the event time among what they take. */
export function windowCallProblem(call: FunctionCall): readonly SelectProblem[] {
  const name = call.name.toLowerCase();
  const own = others[name];
  if (own !== undefined) {
    const hint = `Write ${examples[own]}: its event time is the table's, WATERMARK FOR.`;
    return [{ message: `There is no window ${name}(…).`, hint, byteOffset: call.byteOffset }];
  }
  const wanted = takes[name];
  const given = call.expression.contents.expressions;
  if (wanted === undefined || given.length === wanted.count) return [];
  const column = given.find(({ columnPath }) => columnPath.length > 0)?.columnPath.join('.');
  const write = `Write ${examples[name]}.`;
  const hint =
    column === undefined
      ? write
      : `Its event time is the table's, WATERMARK FOR ${column}. ${write}`;
  const message = `${wanted.says}: here are ${given.length}.`;
  return [{ message, hint, byteOffset: call.byteOffset }];
}

/** `FROM TUMBLE(t, ts, …)`. */
export function windowTableProblem({ name, byteOffset }: FunctionCall): SelectProblem | undefined {
  if (!/^(tumble|hop|session|cumulate)$/i.test(name)) return undefined;
  const message = 'A window stands in GROUP BY, not in FROM.';
  return { message, hint: inGroupBy, byteOffset };
}

export const inGroupBy: string =
  "Write SELECT tumble(interval '1 minute') AS window, … FROM … GROUP BY window.";
