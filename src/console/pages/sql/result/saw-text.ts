import type { QueryAnswerDocument, SawAnswer } from '../../../../server/api.ts';
import { count } from '../../../text.ts';
import { todayText } from '../../../time/time-text.ts';

/** A piece of the line under the editor; what is hot or cold is said in its colour. */
export type SawPart = { readonly text: string; readonly tone?: 'hot' | 'cold' | 'rejected' };

/** What tables an answer saw, and how new they were, on a clock of `zone`. */
export function sawParts(
  saw: readonly SawAnswer[],
  { nowMs, zone }: { readonly nowMs: number; readonly zone: string },
): readonly (readonly SawPart[])[] {
  return saw.map(({ table, version, hot_rows, hot_rows_missing_of: missing, newest_event }) => {
    const parts: SawPart[] = [
      version === undefined ? { text: table } : { text: `${table} v${version}`, tone: 'cold' },
    ];
    if (hot_rows > 0) {
      const rows = hot_rows === 1 ? 'hot row' : 'hot rows';
      parts.push({ text: ' + ' }, { text: `${count(hot_rows)} ${rows}`, tone: 'hot' });
    }
    if (newest_event !== undefined)
      parts.push({ text: ` up to ${todayText(newest_event, nowMs, zone)}` });
    if (missing !== undefined)
      parts.push({ text: ` without hot rows of ${missing.join(', ')}`, tone: 'rejected' });
    return parts;
  });
}

/** `5 rows`, `first 10,000 rows; there are more` */
export function rowsText({ row_count: rows, truncated }: QueryAnswerDocument): string {
  if (truncated) return `first ${count(rows)} rows; there are more`;
  return rows === 1 ? '1 row' : `${count(rows)} rows`;
}
