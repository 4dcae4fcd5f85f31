import { cutoffMs, type Input } from './input.ts';

/** What a result's column holds; each system has its own type for it. */
export type ColumnKind = 'text' | 'integer' | 'decimal' | 'time';

/**
 * One question in each system's words; each reads the relations that the input declares, and gives
 * `columns`. The one named `ends` says until when a row's window goes, or when its event was.
 */
export type StreamQuery = {
  readonly name: string;
  /** For the results. */
  readonly what: string;
  readonly input: Input;
  readonly columns: Readonly<Record<string, ColumnKind>>;
  readonly helios: string;
  readonly flink: string;
  /** Undefined where it can't be said in Structured Streaming. */
  readonly spark: string | undefined;
  /** The same over all events at once, for DuckDB. */
  readonly oracle: string;
  /** At least so many times as fast as Flink. */
  readonly goalRatio: number;
};

/** A select list that tells a query's rows from almost any others, as one text. */
export function fingerprintOf(query: StreamQuery): string {
  const values = Object.entries(query.columns).map(([name, kind]) => comparable(name, kind));
  return `concat_ws(' ', count(*), sum(hash(concat_ws('|', ${values.join(', ')})) // 4294967296))`;
}

/** The rows of windows that ended; what the last events are in is not compared. */
export function endedRows(query: StreamQuery, relation: string): string {
  return `${relation} WHERE epoch_ms(ends) <= ${cutoffMs(query.input)}`;
}

function comparable(name: string, kind: ColumnKind): string {
  switch (kind) {
    case 'text':
      return name;
    case 'integer':
      return `${name}::BIGINT`;
    case 'decimal':
      return `round(${name}::DOUBLE * 1000)::BIGINT`;
    case 'time':
      return `epoch_ms(${name})`;
  }
}
