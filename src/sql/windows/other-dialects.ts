import { inGroupBy } from './window-calls.ts';

/** Forms of other engines' streaming SQL, which DuckDB's grammar doesn't know: what to write. */
const forms: readonly {
  readonly pattern: RegExp;
  readonly message: string;
  readonly hint: string;
}[] = [
  {
    pattern: /\b(?:tumble|hop|cumulate|session)\s*\(\s*table\b/i,
    message: 'A window stands in GROUP BY, not in FROM.',
    hint: inGroupBy,
  },
  {
    pattern: /"?\bwindow"?\s+(?:tumbling|hopping|session)\s*\(/i,
    message: 'A window stands in GROUP BY, without a clause of its own.',
    hint: inGroupBy,
  },
  {
    pattern: /\bemit\s+(?:changes|final|on\s+"?window"?\s+close|with(?:out)?\s+delay)\b/i,
    message: 'There is no EMIT.',
    hint: 'Leave it out: a window is given when it is over, groups without windows as they change.',
  },
  {
    pattern: /\bfor\s+system_time\s+as\s+of\b/i,
    message: 'There is no FOR SYSTEM_TIME AS OF.',
    hint: 'Leave it out: an event is joined with a table as it is when the event comes.',
  },
  {
    pattern: /\bmatch_recognize\s*\(/i,
    message: 'There is no MATCH_RECOGNIZE.',
    hint: 'Join the stream with itself, with the times in ON; or number the rows of a window.',
  },
  {
    pattern: /\bwithin\s+(?:\(|interval\b|\d)/i,
    message: 'There is no WITHIN.',
    hint: "Write the times into ON: … AND b.ts BETWEEN a.ts AND a.ts + interval '1 hour'.",
  },
  {
    pattern: /\bgrace(?:\s+period)?\s+(?:\(|interval\b|\d)/i,
    message: 'There is no GRACE.',
    hint: "How late events may be is the table's: WATERMARK FOR ts AS (ts - interval '1 minute').",
  },
];

/** The form that stands where DuckDB's parser stopped, and where it begins. */
export function otherDialect(
  text: string,
  offset: number,
): { readonly message: string; readonly hint: string; readonly offset: number } | undefined {
  for (const { pattern, message, hint } of forms) {
    for (const found of text.matchAll(new RegExp(pattern, 'gi'))) {
      const isThere =
        found.index - reach <= offset && offset <= found.index + found[0].length + reach;
      if (isThere) return { message, hint, offset: found.index };
    }
  }
  return undefined;
}

/** Characters that the parser may have gone on, or stopped before, within the form. */
const reach = 40;
