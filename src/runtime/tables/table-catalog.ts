import { systemClock } from '../../base/clock.ts';
import type { PipelineInfo } from '../../pipeline/pipeline.ts';
import type { QueryableTables } from '../../pipeline/tables/queryable-tables.ts';
import { TableCatalog } from '../../pipeline/tables/table-facts.ts';
import type { Core } from '../core.ts';

/** The tables of this process, for people who look at them. */
export function createTableCatalog(
  { registry, catalog, supervisor, data, state }: Core,
  queryable: QueryableTables,
  baseDirectory: string,
): TableCatalog {
  return new TableCatalog({
    ...{ registry, queryable, catalog, baseDirectory },
    clock: systemClock,
    views: { dataDirectory: data.path, state },
    rejectedOf: (name) => rejectedOf(supervisor.list(), name),
  });
}

function rejectedOf(pipelines: readonly PipelineInfo[], table: string): number {
  return pipelines
    .filter(({ sinks }) => sinks.some((sink) => sink.table.toLowerCase() === table.toLowerCase()))
    .reduce((sum, { recordsRejected, recordsReplayed }) => {
      return sum + recordsRejected - recordsReplayed;
    }, 0);
}
