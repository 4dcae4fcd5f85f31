import type { AnswerRow, Question } from '../../api/rows.ts';

const steps = 60;

/** What went through pipelines lately: as long as epochs are remembered, an hour at most. */
export type Lately = {
  /** So long; 0 where nothing is remembered. */
  readonly seconds: number;
  /** Pipeline's name → rows in each sixtieth of that time, the oldest first. */
  readonly rows: ReadonlyMap<string, readonly number[]>;
};

/**
 * Helios remembers the newest 1,000 epochs of each pipeline: the time is the longest of which those
 * of all pipelines are known.
 */
export const latelyQuestion: Question = {
  sql: `WITH known AS (
      SELECT pipeline, count(*) AS epochs, min(published_at) AS first
      FROM helios.epochs GROUP BY pipeline
    ), span AS (
      SELECT greatest(now() - INTERVAL 1 HOUR,
        coalesce(max(first) FILTER (epochs >= 1000), min(first))) AS since FROM known
    )
    SELECT pipeline, ceil(epoch(now()) - epoch(since))::BIGINT AS seconds,
      floor(${steps} * (epoch(now()) - epoch(published_at))
        / greatest(1, epoch(now()) - epoch(since)))::BIGINT AS steps_ago,
      sum(rows_out)::BIGINT AS rows
    FROM helios.epochs, span WHERE published_at >= since GROUP BY ALL`,
};

export function latelyOf(answer: readonly AnswerRow[]): Lately {
  const rows = new Map<string, number[]>();
  for (const row of answer) {
    const name = String(row['pipeline']);
    const counts = rows.get(name) ?? Array<number>(steps).fill(0);
    const ago = Math.min(steps - 1, Math.max(0, Number(row['steps_ago'])));
    counts[steps - 1 - ago] = (counts[steps - 1 - ago] ?? 0) + Number(row['rows']);
    rows.set(name, counts);
  }
  return { seconds: Number(answer[0]?.['seconds'] ?? 0), rows };
}

/** Several lines as one; undefined where there is none. */
export function together(lines: readonly (readonly number[])[]): readonly number[] | undefined {
  if (lines.length === 0) return undefined;
  return Array.from({ length: steps }, (_, at) =>
    lines.reduce((sum, line) => sum + (line[at] ?? 0), 0),
  );
}
