import type { QueryAnswerDocument, SawAnswer } from '../../../../server/api.ts';
import { count } from '../../../text.ts';

/** A piece of the line under the editor; what is hot or cold is said in its colour. */
export type SawPart = { readonly text: string; readonly tone?: 'hot' | 'cold' };

/** What tables an answer saw, and how new they were; `today` as in `2026-11-23`, in UTC. */
export function sawParts(
  saw: readonly SawAnswer[],
  today: string,
): readonly (readonly SawPart[])[] {
  return saw.map(({ table, version, hot_rows, newest_event }) => {
    const parts: SawPart[] = [
      version === undefined ? { text: table } : { text: `${table} v${version}`, tone: 'cold' },
    ];
    if (hot_rows > 0) {
      const rows = hot_rows === 1 ? 'hot row' : 'hot rows';
      parts.push({ text: ' + ' }, { text: `${count(hot_rows)} ${rows}`, tone: 'hot' });
    }
    if (newest_event !== undefined)
      parts.push({ text: ` up to ${clockText(newest_event, today)}` });
    return parts;
  });
}

/** `5 rows`, `first 10,000 rows; there are more` */
export function rowsText({ row_count: rows, truncated }: QueryAnswerDocument): string {
  if (truncated) return `first ${count(rows)} rows; there are more`;
  return rows === 1 ? '1 row' : `${count(rows)} rows`;
}

/** The time of the day, in UTC, with its date unless it is today's. */
function clockText(time: string, today: string): string {
  const parts = /^([\d-]+)T(\d\d:\d\d:\d\d(?:\.\d{1,3})?)/.exec(time);
  if (parts === null) return time;
  const [, date = '', clock = ''] = parts;
  return date === today ? clock : `${date} ${clock}`;
}
