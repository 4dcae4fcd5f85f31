import type { DataFile } from '../delta/delta.ts';
import type { Predicate } from '../delta/prune/predicate.ts';
import { Pruner } from '../delta/prune/prune.ts';
import type { Schema } from '../event/schema.ts';
import type { BaseTable } from '../sql/select-facts.ts';
import { type GatedQuery, tableNameOf } from './gate.ts';
import { tablePredicates } from './predicates.ts';
import type { PinnedView, ViewFile } from '../catalog/view.ts';
import type { QueryRequest } from './query.ts';

/** A view with only the files that may hold rows for a query. */
export type PrunedView = { readonly view: PinnedView; readonly prunedCount: number };

export type PruneRequest = {
  readonly gated: GatedQuery;
  readonly parameters: NonNullable<QueryRequest['params']>;
  readonly nowMs: number;
};

/**
 * Leaves out the committed files of which it is certain that no row of theirs can be in the answer.
 */
export function pruneViews(
  views: readonly PinnedView[],
  { gated, parameters, nowMs }: PruneRequest,
): readonly PrunedView[] {
  const byName = new Map(views.map((view) => [view.name.toLowerCase(), view]));
  const viewOf = (table: BaseTable): PinnedView | undefined =>
    byName.get(tableNameOf(table).toLowerCase());
  const schemaOf = (table: BaseTable): Schema | undefined => viewOf(table)?.schema;
  const uses = tablePredicates({ query: gated.query, schemaOf, parameters, nowMs });
  return views.map((view) => {
    const operands = gated.uses
      .filter((table) => viewOf(table) === view)
      .map((table): Predicate => uses.get(table) ?? { kind: 'unknown' });
    return pruneView(view, { kind: 'or', operands });
  });
}

function pruneView(view: PinnedView, predicate: Predicate): PrunedView {
  const pruner = new Pruner();
  const files = view.files.filter((file) => {
    const facts = dataFile(file);
    return facts === undefined || pruner.mayMatch(predicate, facts, view);
  });
  return { view: { ...view, files }, prunedCount: view.files.length - files.length };
}

/** As much of a data file as its statistics need; undefined where nothing is known of it. */
function dataFile(file: ViewFile): DataFile | undefined {
  const unknown = { byteLength: 0, modifiedAtMs: 0, rowCount: undefined };
  if (file.kind === 'cold') {
    const { path, partitionValues, statsJson } = file;
    return { ...unknown, path, partitionValues, statsJson };
  }
  if (file.kind !== 'attached' || file.partitionValues === undefined) return undefined;
  const { path, partitionValues } = file;
  return { ...unknown, path, partitionValues, statsJson: undefined };
}
