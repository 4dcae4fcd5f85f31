import type { Connection } from '../../engine/engine.ts';
import { quoteText } from '../../engine/types.ts';
import type { EpochMs } from '../../event/record.ts';
import type { SourceTable } from '../../sql/script.ts';
import { lacksMetadata } from './place-metadata.ts';
import type { Refusal, RefusalReason, ReplayFilter } from './replay.ts';
import type { RejectedTables } from './rejected-tables.ts';

export type Selection = {
  readonly pipeline: string;
  /** When the pipeline was made: who had its name before is another. */
  readonly createdAtMs: EpochMs;
  readonly sources: readonly SourceTable[];
  /** Source → what was rejected before this was read again. */
  readonly sinceMs: Readonly<Record<string, EpochMs>>;
  readonly filter: ReplayFilter;
  /** Only what was rejected until then; undefined: all. */
  readonly untilMs?: EpochMs | undefined;
  /** What this replay has done already is left out. */
  readonly replayId?: string | undefined;
  /** Bytes of a chunk, about: a record is whole in the one that it begins in. */
  readonly chunkBytes: number;
};

export type Selected = {
  /** Records that a replay takes, those included that this one has done already. */
  readonly recordCount: number;
  readonly replayedCount: number;
  readonly refusals: readonly Refusal[];
  /** Chunks of `selectedTable` that hold records, in order. */
  readonly chunks: readonly number[];
};

/**
 * Name of the temporary table of what is to be done: `seq`, `chunk`, the columns that say which
 * row of `quarantine`, `code`, `raw` and `metadata`.
 */
export const selectedTable = '__replay';

/** The temporary table of all that the filter means. */
const meantTable = '__replay_meant';

/** What a record weighs besides its bytes. */
const recordBytes = 256;

/**
 * Finds the records that a replay takes, the oldest first, each place once: those that no replay
 * has passed. That is looked up by the place alone, so it holds whatever `quarantine` says of it.
 */
export async function selectRecords(
  connection: Connection,
  tables: RejectedTables,
  selection: Selection,
): Promise<Selected> {
  await connection.execute(meantStatement(tables, selection));
  const counts = await connection.rows(
    `SELECT source, refusal, count(*) AS records FROM ${meantTable}
      WHERE refusal IS NOT NULL GROUP BY ALL ORDER BY ALL`,
  );
  const [totals] = await connection.rows(
    `SELECT count(*) FILTER (WHERE is_mine OR NOT is_passed) AS selected,
      count(*) FILTER (WHERE is_passed AND NOT is_mine) AS replayed
      FROM ${meantTable} WHERE refusal IS NULL`,
  );
  await connection.execute(
    `CREATE OR REPLACE TEMP TABLE ${selectedTable} AS
      SELECT * EXCLUDE (refusal, is_passed, is_mine),
        (row_number() OVER oldest - 1)::INTEGER AS seq,
        ((sum(octet_length(raw) + ${recordBytes}) OVER oldest - octet_length(raw))
          // ${selection.chunkBytes})::INTEGER AS chunk
      FROM ${meantTable} WHERE refusal IS NULL AND NOT is_passed AND NOT is_mine
      WINDOW oldest AS (ORDER BY rejected_at, source, "partition", "position", raw_md5, copy
        ROWS UNBOUNDED PRECEDING);
      DROP TABLE ${meantTable}`,
  );
  const [chunks = []] = await connection.columns(
    `SELECT DISTINCT chunk FROM ${selectedTable} ORDER BY chunk`,
  );
  return {
    recordCount: Number(totals?.['selected'] ?? 0),
    replayedCount: Number(totals?.['replayed'] ?? 0),
    refusals: counts.map(({ source, refusal, records }) => ({
      source: String(source),
      reason: String(refusal) as RefusalReason,
      recordCount: Number(records),
    })),
    chunks: chunks.map(Number),
  };
}

function meantStatement(tables: RejectedTables, selection: Selection): string {
  const pipeline = quoteText(selection.pipeline);
  const mine =
    selection.replayId === undefined ? 'false' : `replay_id = ${quoteText(selection.replayId)}`;
  return `CREATE OR REPLACE TEMP TABLE ${meantTable} AS
    WITH sources AS (${sourcesSelect(selection)}),
    rejected AS (
      SELECT r.* EXCLUDE (pipeline, message, raw_text), md5(raw) AS raw_md5, s.since,
        CASE WHEN rejected_at < ${instant(selection.createdAtMs)} THEN 'pipeline_gone'
          WHEN s.source IS NULL THEN 'source_gone'
          WHEN s.has_files THEN 'bytes_missing'
          WHEN rejected_at < s.since THEN 'read_again'
          WHEN raw IS NULL THEN 'bytes_missing'
          WHEN ${lacking(selection)} THEN 'metadata_missing' END AS refusal
      FROM (${tables.rejected}) AS r LEFT JOIN sources AS s ON r.source = s.source
      WHERE pipeline = ${pipeline} AND code <> 'webhook_refused'${conditions(selection)}
    ),
    numbered AS (
      SELECT *, (row_number() OVER (
        PARTITION BY source, "partition", "position", rejected_at, raw_md5
        ORDER BY metadata))::INTEGER AS copy
      FROM rejected
    ),
    outcomes AS (
      SELECT o.source, "partition", "position", raw_md5, copy, bool_or(passed) AS is_passed,
        bool_or(${mine}) AS is_mine
      FROM (${tables.outcomes}) AS o JOIN sources AS s ON o.source = s.source
      WHERE pipeline = ${pipeline} AND rejected_at >= s.since GROUP BY ALL
    )
    SELECT n.* EXCLUDE (since), coalesce(o.is_passed, false) AS is_passed,
      coalesce(o.is_mine, false) AS is_mine
    FROM numbered AS n
    LEFT JOIN outcomes AS o USING (source, "partition", "position", raw_md5, copy)
    QUALIFY row_number() OVER (PARTITION BY source, "partition", "position", raw_md5, copy
      ORDER BY refusal IS NOT NULL, rejected_at) = 1`;
}

/** The pipeline's sources, and since when their records can be replayed, if they can at all. */
function sourcesSelect({ sources, sinceMs, createdAtMs }: Selection): string {
  const selects = sources.map((table) => {
    const since = instant(Math.max(createdAtMs, sinceMs[table.name] ?? 0));
    return `SELECT ${quoteText(table.name)} AS source, ${since} AS since,
      ${table.format.kind === 'parquet'} AS has_files`;
  });
  return selects.join(' UNION ALL ');
}

/** Whether a rejected record's table asks for what is not known of it. */
function lacking({ sources }: Selection): string {
  const cases = sources.map(
    (table) => `WHEN ${quoteText(table.name)} THEN ${lacksMetadata(table)}`,
  );
  return `CASE r.source ${cases.join(' ')} END`;
}

function conditions({ filter, untilMs }: Selection): string {
  const { source, code, column, fromMs, records } = filter;
  const ends = [untilMs, filter.untilMs].filter((endMs) => endMs !== undefined);
  const parts = [
    source === undefined ? undefined : `r.source = ${asked(source)}`,
    code === undefined ? undefined : `code = ${asked(code)}`,
    column === undefined ? undefined : `${messageColumn} = ${asked(column)}`,
    fromMs === undefined ? undefined : `rejected_at >= ${instant(fromMs)}`,
    ends.length === 0 ? undefined : `rejected_at < ${instant(Math.min(...ends))}`,
    records === undefined ? undefined : chosenCondition(records),
  ];
  return parts.flatMap((part) => (part === undefined ? [] : [` AND ${part}`])).join('');
}

/** Messages begin with the column where one value is at fault; '' where they name none. */
const messageColumn = `regexp_extract(message, '^Column "(.*?)"(:| is NOT NULL)', 1)`;

/** As `messageColumn`, of a message. */
export function columnOf(message: string): string | undefined {
  return /^Column "(.*?)"(?::| is NOT NULL)/.exec(message)?.[1];
}

function chosenCondition(records: NonNullable<ReplayFilter['records']>): string {
  const places = records.map(
    ({ source, partition, position }) => `(${[source, partition, position].map(asked).join(', ')})`,
  );
  if (places.length === 0) return 'false';
  return `(r.source, "partition", "position") IN (${places.join(', ')})`;
}

/** What somebody asks for; NUL, which no SQL can have in it, is in nothing that there is. */
export function asked(text: string): string {
  return text.includes('\0') ? 'NULL' : quoteText(text);
}

function instant(timeMs: EpochMs): string {
  return `make_timestamptz(${Math.floor(timeMs)} * 1000)`;
}
