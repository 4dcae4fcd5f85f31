import type { PartitionAnswer, PipelineAnswer, WaitingAnswer } from '../../server/api.ts';
import { byteText, groupDigits } from '../render/numbers.ts';
import type { Scope } from '../scope.ts';

/** One pipeline, for people. */
export async function showPipeline(scope: Scope, pipeline: PipelineAnswer): Promise<void> {
  await scope.output.line(`${pipeline.name}: ${stateText(pipeline)}, epoch ${pipeline.epoch}`);
  for (const { name, waiting } of waitsOf(pipeline)) {
    if (waiting === undefined) continue;
    await scope.output.line(`${name} waits since ${waiting.since}: ${waiting.message}`);
    if (waiting.hint !== undefined) await scope.output.line(`hint: ${waiting.hint}`);
  }
  if (pipeline.kept !== undefined) await scope.output.line(keptText(pipeline.kept));
  const rejected = groupDigits(pipeline.records_rejected);
  const since = pipeline.records_replayed ?? 0;
  const replayed = since === 0 ? '' : `, ${groupDigits(since)} of them replayed since`;
  await scope.output.line(
    `${byteText(pipeline.bytes_in)} in, ${rejected} records rejected${replayed}`,
  );
  if (pipeline.error !== undefined) {
    await scope.output.line(
      `error: ${pipeline.error.message} (${pipeline.error.id} in Helios's log)`,
    );
    if (pipeline.error.hint !== undefined) await scope.output.line(`hint: ${pipeline.error.hint}`);
  }
  await showSources(scope, pipeline.sources);
  await scope.table(
    [
      { name: 'sink' },
      { name: 'connector' },
      { name: 'rows', type: 'BIGINT' },
      { name: 'hot rows', type: 'BIGINT' },
    ],
    pipeline.sinks.map((sink) => [
      sink.table,
      sink.connector,
      groupDigits(sink.rows_out),
      groupDigits(sink.hot_rows),
    ]),
  );
  for (const { table, rows_dropped: dropped } of pipeline.sinks) {
    if (dropped === undefined) continue;
    await scope.output.line(`${table} dropped ${groupDigits(dropped)} rows since it opened`);
  }
  await scope.output.line(pipeline.sql.trimEnd());
}

function keptText({ epoch, failing_since: since }: NonNullable<PipelineAnswer['kept']>): string {
  const reach = epoch === undefined ? 'nothing is kept yet' : `kept up to epoch ${epoch}`;
  return since === undefined ? `state: ${reach}` : `state: ${reach}, not since ${since}`;
}

/** A pipeline that runs and reads nothing is not what people think of as running. */
export function stateText(pipeline: PipelineAnswer): string {
  const isWaiting = waitsOf(pipeline).some(({ waiting }) => waiting !== undefined);
  return pipeline.state === 'running' && isWaiting ? 'waiting' : pipeline.state;
}

/** What each of its sources and sinks waits for, if anything. */
export function waitsOf({ sources, sinks }: PipelineAnswer): readonly {
  readonly name: string;
  readonly waiting?: WaitingAnswer | undefined;
}[] {
  return [...sources, ...sinks.map(({ table, waiting }) => ({ name: table, waiting }))];
}

type Sources = PipelineAnswer['sources'];

async function showSources(scope: Scope, sources: Sources): Promise<void> {
  await scope.table(
    [
      { name: 'source' },
      { name: 'connector' },
      { name: 'records behind', type: 'BIGINT' },
      { name: 'bytes behind', type: 'BIGINT' },
      { name: 'time behind' },
    ],
    sources.map((source) => [
      source.name,
      source.connector,
      countText(source.lag_records),
      countText(source.bytes_behind),
      timeText(source.lag_ms),
    ]),
  );
  const rows = sources.flatMap(({ name, partitions = [] }) =>
    partitions.map((partition) => ({ ...partition, source: name })),
  );
  if (rows.length === 0) return;
  const slowest = sources.flatMap(({ name, slowest_partition: partition }) =>
    partition === undefined ? [] : [`${partition} of ${name}`],
  );
  await showPartitions(scope, rows.slice(0, partitionsMax));
  if (rows.length > partitionsMax) {
    const rest = groupDigits(rows.length - partitionsMax);
    await scope.output.line(`and ${rest} more: select * from helios.partitions`);
  }
  if (slowest.length > 0) await scope.output.line(`furthest behind: ${slowest.join(', ')}`);
}

/** As many as a person looks at. */
const partitionsMax = 50;

async function showPartitions(
  scope: Scope,
  rows: readonly (PartitionAnswer & { readonly source: string })[],
): Promise<void> {
  await scope.table(
    [
      { name: 'source' },
      { name: 'partition' },
      { name: 'position' },
      { name: 'records behind', type: 'BIGINT' },
      { name: 'bytes behind', type: 'BIGINT' },
      { name: 'time behind' },
    ],
    rows.map((row) => [
      row.source,
      row.partition,
      row.position ?? 'beginning',
      row.lag_known_at === undefined
        ? countText(row.lag_records)
        : `unknown since ${row.lag_known_at}`,
      countText(row.lag_bytes),
      timeText(row.lag_ms),
    ]),
  );
}

function countText(count: number | undefined): string {
  return count === undefined ? 'unknown' : groupDigits(count);
}

function timeText(durationMs: number | undefined): string {
  return durationMs === undefined ? 'unknown' : `${(durationMs / 1000).toFixed(1)} s`;
}
