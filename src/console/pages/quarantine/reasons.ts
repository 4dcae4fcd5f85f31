import type { AnswerRow } from '../../api/rows.ts';
import { type Filter, reasonFrom } from './reason-sql.ts';

/** The reasons that a filter leaves, and what else it could be. */
export type Listed = {
  readonly rows: readonly AnswerRow[];
  /** Of all rows together. */
  readonly records: number;
  readonly replayed: number;
  readonly choices: {
    readonly pipelines: readonly string[];
    readonly sources: readonly string[];
    readonly codes: readonly string[];
  };
};

/** `answer` is that of `reasonsQuestion` for the same filter. */
export function listed(answer: readonly AnswerRow[], { from, why }: Filter): Listed {
  const found = answer.filter((row) => {
    const { code, source } = reasonFrom(row);
    return (from === undefined || from === source) && (why === undefined || why === code);
  });
  const each = (name: string): readonly string[] =>
    [...new Set(answer.map((row) => String(row[name])))].toSorted();
  return {
    rows: found.filter((row) => Number(row['records']) > 0),
    records: found.reduce((sum, row) => sum + Number(row['records']), 0),
    replayed: found.reduce((sum, row) => sum + Number(row['replayed']), 0),
    choices: { pipelines: each('pipeline'), sources: each('source'), codes: each('code') },
  };
}
