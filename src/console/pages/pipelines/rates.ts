import type { PipelineAnswer } from '../../../server/api.ts';

/** What goes through a pipeline in a second. */
export type PipelineRates = {
  readonly bytesRead: number;
  readonly rejected: number;
  /** Table → rows a second. */
  readonly rows: ReadonlyMap<string, number>;
};

/** The counters of all pipelines at a time. */
export type Sample = {
  readonly atMs: number;
  readonly pipelines: readonly PipelineAnswer[];
};

/** Samples over which a rate is taken: fewer jump, more are late. */
export const samplesKept = 6;

/** Pipeline's id → its rates between two samples; without those that are in one alone. */
export function ratesBetween(old: Sample, now: Sample): ReadonlyMap<string, PipelineRates> {
  const seconds = (now.atMs - old.atMs) / 1000;
  const rates = new Map<string, PipelineRates>();
  if (seconds <= 0) return rates;
  for (const after of now.pipelines) {
    const before = old.pipelines.find(({ id }) => id === after.id);
    if (before === undefined) continue;
    const perSecond = (more: number, less: number): number => Math.max(0, more - less) / seconds;
    const rows = after.sinks.flatMap(({ table, rows_out }) => {
      const known = before.sinks.find((sink) => sink.table === table);
      return known === undefined ? [] : [[table, perSecond(rows_out, known.rows_out)] as const];
    });
    rates.set(after.id, {
      bytesRead: perSecond(after.bytes_in, before.bytes_in),
      rejected: perSecond(after.records_rejected, before.records_rejected),
      rows: new Map(rows),
    });
  }
  return rates;
}

/** Rows a second into all tables of a pipeline but the rejected. */
export function rowsOf(rates: PipelineRates): number {
  let sum = 0;
  for (const [table, rows] of rates.rows) if (table !== quarantineTable) sum += rows;
  return sum;
}

/** Every pipeline writes it, and none names it. */
export const quarantineTable: string = 'quarantine';

/** How far the source that is furthest behind is; undefined where none says. */
export function lagOf(pipeline: PipelineAnswer): number | undefined {
  const known = pipeline.sources.flatMap(({ lag_ms }) => lag_ms ?? []);
  return known.length === 0 ? undefined : Math.max(...known);
}
