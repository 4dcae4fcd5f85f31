import { assert } from '../../../base/assert.ts';
import { coalesce, columnRef } from '../../../sql/tree/make-tree.ts';
import type { Tree } from '../../../sql/tree/tree.ts';
import type { Leaf } from '../columns.ts';
import { withHidden } from '../context.ts';
import type { EmptyRelation } from '../tree-engine.ts';
import { type Joined, refOf, relationsOf } from './joined.ts';

/** What of a join's side is kept. */
export type KeptSide = {
  readonly side: Joined;
  /** Expressions over the side's tree, by their names `__c0` … that no other side's have. */
  readonly columns: readonly { readonly name: string; readonly tree: Tree }[];
  /** The side as a table `alias` with these columns. */
  readonly placed: (alias: string) => Joined;
};

/** Only columns that the SELECT may name; `first`: the number of the first of them. */
export function keptSide(
  side: Joined,
  first: number,
  used: ReadonlySet<string> | undefined,
): KeptSide {
  const columns: { readonly name: string; readonly tree: Tree }[] = [];
  const keep = (tree: Tree): string => {
    const name = `__c${first + columns.length}`;
    columns.push({ name, tree });
    return name;
  };
  const isUsed = (name: string): boolean => used?.has(name.toLowerCase()) ?? true;
  const places = side.leaves.map((leaf) =>
    leaf.columns.map(({ name }, index) => {
      const ref = isUsed(name) ? refOf(leaf, index) : undefined;
      return ref && keep(ref);
    }),
  );
  const merged = [...side.merged].flatMap(([name, tree]) =>
    isUsed(name) ? [[name, keep(tree)] as const] : [],
  );
  return {
    side,
    columns,
    placed: (alias) => {
      const leaves: readonly Leaf[] = side.leaves.map((leaf, place) => {
        const refs = places[place]?.map((name) => name && columnRef(alias, name)) ?? [];
        return { ...leaf, refs: refs.map((ref) => ref || undefined) };
      });
      const names = merged.map(([name, place]) => [name, columnRef(alias, place)] as const);
      return { ...side, leaves, merged: new Map(names) };
    },
  };
}

/** Do its rows go as well as come? */
export function isChanging(side: Joined): boolean {
  return relationsOf(side).some(({ rows }) => rows === 'changes');
}

/** All that a side's tree reads, with the hidden columns. */
export function readOf(side: Joined): readonly EmptyRelation[] {
  return [...relationsOf(side), ...side.hidden].map(withHidden);
}

/** A hidden column of a side's rows: of windows that are joined, any of theirs. */
export function sideColumn({ flat }: Joined, name: string): Tree {
  const refs = flat
    .filter(({ relation }) => relation !== undefined)
    .map(({ alias }) => columnRef(alias, name));
  const [only, second] = refs;
  assert(only !== undefined, 'A join without a relation was let through.');
  return second === undefined ? only : coalesce(refs);
}
