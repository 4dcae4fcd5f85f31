import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { systemClock } from '../../base/clock.ts';
import { Engine } from '../../engine/engine.ts';
import { TableCare } from '../../pipeline/care/care.ts';
import { Pace } from '../../pipeline/care/pace.ts';
import type { QueryableTables } from '../../pipeline/tables/queryable-tables.ts';
import type { Core } from '../core.ts';

/** What merging files may take; sorting more than this goes to disk. */
const engineBytes = 512 * 1024 * 1024;
/** S3 takes 3,500 a second of everybody; the pipelines and queries have the rest. */
const requestsPerSecond = 50;
const restMsMax = 60_000;

/** Care of the tables of this process, which begins when it is started. */
export function createTableCare(core: Core, queryable: QueryableTables): TableCare {
  const { data, registry, catalog, journal, supervisor } = core;
  return new TableCare({
    registry,
    catalog,
    journal,
    clock: systemClock,
    openEngine: async () =>
      await Engine.open({
        threads: 1,
        memoryBytes: engineBytes,
        tempDirectory: data.inside('tmp', 'care'),
      }),
    pace: new Pace({
      clock: systemClock,
      requestsPerSecond,
      busyCount: () => supervisor.busyCount(),
      restMsMax,
    }),
    run: randomUUID(),
    home: `${hostname()}:${data.path}`,
    temporaryDirectory: data.inside('tmp'),
    names: () => queryable.names(),
    feedersOf: (table) =>
      supervisor
        .list()
        .filter(({ sinks }) => sinks.some((sink) => isSame(sink.table, table)))
        .map(({ name }) => name),
  });
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
