import { findExpression, textOf, type Tree } from '../../../sql/tree/tree.ts';
import type { Leaf } from '../columns.ts';
import { type Joined, relationsOf } from '../join/joined.ts';
import { refuse } from '../refusal.ts';
import type { Relation } from '../relation.ts';

/** A lookup table in a FROM: its columns are beside a row, as those of `unnest` are. */
export function lookupSide(tree: Tree, leaf: Leaf, reads: readonly Relation[]): Joined {
  const leaves = [leaf];
  const written = { tree, reads };
  return { tree, leaves, flat: leaves, hidden: reads, merged: new Map(), written };
}

export function isLookupSide(side: Joined): boolean {
  return relationsOf(side).length === 0 && side.hidden.length > 0;
}

/** Each row of a stream is joined once, when it comes: no row of a table calls for others. */
export function checkLookupJoin(table: Tree, left: Joined, right: Joined): void {
  const joinType = textOf(table['join_type']);
  const refType = textOf(table['ref_type']);
  const isBoth = isLookupSide(left) && isLookupSide(right);
  const place = table['condition'] ?? table;
  const changing = [left, right].find((side) =>
    relationsOf(side).some(({ rows }) => rows === 'changes'),
  );
  if (changing !== undefined) refuseChanges(place);
  const kinds = isLookupSide(right) ? ['INNER', 'LEFT', 'SEMI', 'ANTI'] : ['INNER', 'RIGHT'];
  if (!isBoth && !kinds.includes(joinType)) {
    const message = `A ${joinType} JOIN with a lookup table has rows that no event calls for.`;
    const hint = 'Write the stream on the left: FROM stream LEFT JOIN table ON …, or JOIN.';
    refuse(message, hint, place);
  }
  if (refType === 'NATURAL') {
    refuse('A NATURAL join cannot run on a stream.', 'Write USING (…) with the columns.', table);
  }
  if (!isBoth && !['REGULAR', 'CROSS', 'ASOF', 'DEPENDENT'].includes(refType)) {
    refuse('This join with a lookup table cannot run on a stream.', undefined, table);
  }
  const subquery = findExpression(table['condition'], (node) => node['class'] === 'SUBQUERY');
  if (subquery !== undefined) {
    refuse('Subqueries in conditions of joins cannot run on a stream.', undefined, subquery);
  }
}

export function refuseChanges(place: unknown): never {
  const message =
    'Rows that change cannot be joined with a lookup table: it may be another when they go.';
  refuse(message, 'Join the events with it before they are grouped or joined.', place);
}
