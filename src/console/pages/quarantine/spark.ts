import type { AnswerRow } from '../../api/rows.ts';
import { reasonFrom, reasonKey } from './reason-sql.ts';

/** Columns of a spark line: the minutes of an hour. */
const minutesShown = 60;

/** Reason → records in each of the last 60 minutes, the oldest first. */
export function minutesByReason(
  rows: readonly AnswerRow[],
): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const row of rows) {
    const key = reasonKey(reasonFrom(row));
    const minutes = found.get(key) ?? Array.from({ length: minutesShown }, () => 0);
    const ago = Math.min(minutesShown - 1, Math.max(0, Number(row['minutes_ago'])));
    const at = minutesShown - 1 - ago;
    minutes[at] = (minutes[at] ?? 0) + Number(row['records']);
    found.set(key, minutes);
  }
  return found;
}

/** Several lines as one. */
export function together(lines: readonly (readonly number[])[]): readonly number[] {
  return Array.from({ length: minutesShown }, (_, at) =>
    lines.reduce((sum, line) => sum + (line[at] ?? 0), 0),
  );
}

/** The path of a line through the values, over an area of `width` by `height`. */
export function sparkPath(values: readonly number[], width: number, height: number): string {
  const most = Math.max(1, ...values);
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  const points = values.map((value, index) => {
    const y = height - 1 - (value / most) * (height - 2);
    return `${(index * step).toFixed(1)} ${y.toFixed(1)}`;
  });
  return points.length === 0 ? '' : `M${points.join('L')}`;
}
