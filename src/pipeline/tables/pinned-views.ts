import type { Column, Schema } from '../../event/schema.ts';
import type { PinnedView, ViewFile } from '../../catalog/view.ts';
import type { Part } from '../../sink/sink.ts';
import { withInstants } from '../../delta/local-times.ts';
import { ColdFiles } from './cold-files.ts';
import type { OpenFiles } from './file-tables.ts';
import { decodedLines } from './decoded-lines.ts';
import type { Feeder, OpenTable, WrittenTable } from './table-registry.ts';

/**
 * View (V, E) of a table: the files of its newest version V, and of each pipeline that feeds it the
 * parts after the epoch that V contains.
 *
 * Whatever happens while the version is being read, the boundary comes from that same version's
 * txn, and files and parts are taken together without waiting: no row is seen twice, none is
 * missed.
 */
export async function pinTable(table: WrittenTable): Promise<PinnedView> {
  await committed(table).refresh();
  return pinNow(table, () => true);
}

/** Only the hot parts that `isWanted`, of a table; nothing of its committed files. */
export function pinHotParts(
  table: WrittenTable,
  isWanted: (feeder: Feeder, part: Part) => boolean,
): PinnedView {
  const view = pinNow(table, isWanted);
  return { ...view, files: view.files.filter((file) => file.kind === 'hot') };
}

function pinNow(
  table: WrittenTable,
  isWanted: (feeder: Feeder, part: Part) => boolean,
): PinnedView {
  const snapshot = committed(table).snapshot();
  const cold = new ColdFiles(table, snapshot);
  const files: ViewFile[] = [...cold.files];
  const pins: { feeder: Feeder; names: readonly string[] }[] = [];
  let hotRows = 0;
  for (const feeder of table.feeders) {
    const rolled = snapshot.transactions.get(feeder.live.id)?.version ?? -1;
    const hot = feeder.live.parts.filter(
      (part) => part.lastEpoch > rolled && isWanted(feeder, part),
    );
    files.push(...hot.map((part): ViewFile => ({ kind: 'hot', path: part.path })));
    hotRows += hot.reduce((sum, part) => sum + part.rowCount, 0);
    const names = hot.map((part) => part.name);
    feeder.parts.pin(names);
    pins.push({ feeder, names });
  }
  const feeders = [...table.feeders];
  return {
    name: table.entry.name,
    schema: viewSchema(table),
    partitionColumns: snapshot.partitionColumns,
    ...('files' in table ? decodedLines(table.files.snapshot()) : {}),
    version: snapshot.version,
    epoch: newest(feeders.map((feeder) => feeder.live.publishedEpoch)),
    newestEventMs: newest(feeders.map((feeder) => feeder.live.newestAtMs)),
    hotRows,
    files,
    keys: keysOf(feeders),
    release: () => {
      cold.release();
      for (const { feeder, names } of pins.splice(0)) feeder.parts.unpin(names);
    },
  };
}

/** Of a table that is kept current, which only one pipeline feeds. */
export function keysOf(feeders: Iterable<Feeder>): readonly string[] | undefined {
  for (const { live } of feeders) {
    if (live.sink.kind === 'table' && live.sink.keys !== undefined) return live.sink.keys;
  }
  return undefined;
}

/** The table's columns, and those that its pipelines will add with their next roll. */
export function viewSchema(table: WrittenTable): Schema {
  const columns: Column[] = [...committed(table).snapshot().schema];
  const known = new Set(columns.map((column) => column.name.toLowerCase()));
  for (const { live } of table.feeders) {
    if (live.sink.kind !== 'table') continue;
    for (const column of withInstants(live.sink.schema)) {
      if (known.has(column.name.toLowerCase())) continue;
      known.add(column.name.toLowerCase());
      columns.push(column);
    }
  }
  return columns;
}

/** A Delta table that somebody else writes. */
export type ForeignTable = Pick<OpenTable, 'storage' | 'delta' | 'deletedRows'>;

export async function pinForeign(name: string, table: ForeignTable): Promise<PinnedView> {
  const snapshot = await table.delta.refresh();
  const cold = new ColdFiles(table, snapshot);
  return {
    name,
    schema: snapshot.schema,
    partitionColumns: snapshot.partitionColumns,
    physical: snapshot.physical,
    version: snapshot.version,
    epoch: undefined,
    newestEventMs: undefined,
    hotRows: 0,
    files: cold.files,
    release: () => cold.release(),
  };
}

/** Of a table, what tells of its committed files. */
export function committed(table: WrittenTable): OpenTable['delta'] | OpenFiles['files'] {
  return 'files' in table ? table.files : table.delta;
}

function newest(values: readonly number[]): number | undefined {
  const most = Math.max(0, ...values);
  return most === 0 ? undefined : most;
}
