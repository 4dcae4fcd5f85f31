import { isTree, mapInside, type Tree } from '../../../sql/tree/tree.ts';
import type { Scope } from '../context.ts';
import type { Relation } from '../relation.ts';
import { lookupsIn, overLookups, readsLookups, visitTrees } from './lookup-query.ts';

/** A SELECT whose subqueries over lookup tables are as the dataflow has them. */
export type WithSubqueries = {
  readonly select: Tree;
  readonly reads: readonly Relation[];
  /** Is it one of them, or in one of them? */
  readonly has: (subquery: Tree) => boolean;
};

/** Of its expressions: subqueries in FROM are another matter. */
export function withLookupSubqueries(written: Tree, scope: Scope): WithSubqueries {
  const reads = new Set<Relation>();
  const known = new Set<Tree>();
  const { from_table, ...rest } = written;
  const mapped = mapInside(rest, (node) => {
    const { subquery } = node;
    if (!isLookupSubquery(node, scope) || !isTree(subquery)) return undefined;
    for (const one of lookupsIn(subquery, scope)) reads.add(one);
    const made = { ...node, subquery: overLookups(subquery, scope) };
    known.add(made);
    visitTrees(made.subquery, (one) => known.add(one));
    return made;
  });
  return { select: { ...mapped, from_table }, reads: [...reads], has: (one) => known.has(one) };
}

/** Else it is asked of lists that its row has. */
export function readsTables(node: Tree): boolean {
  let isReading = false;
  visitTrees(node, (one) => {
    isReading ||= one['type'] === 'BASE_TABLE';
  });
  return isReading;
}

export function isLookupSubquery(node: Tree, scope: Scope): boolean {
  return node['class'] === 'SUBQUERY' && readsLookups(node['subquery'], scope);
}
