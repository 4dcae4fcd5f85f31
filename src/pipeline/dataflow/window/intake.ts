import { columnRef, inPlaceOf, named, selectNode, subquery } from '../../../sql/tree/make-tree.ts';
import { mapExpression, sameTree, type Tree } from '../../../sql/tree/tree.ts';
import { pathOf } from '../columns.ts';
import { withHidden } from '../context.ts';
import type { StateColumn, WindowNode } from '../dataflow.ts';
import type { PlainGroup, PlainSelect } from './plain-select.ts';
import type { TreeEngine } from '../tree-engine.ts';

/** What a window's node keeps of its rows. */
export type WindowState = {
  readonly intake: string;
  readonly keys: readonly StateColumn[];
  readonly values: WindowNode['values'];
  /** A plain expression over the kept columns and `__window`. */
  readonly replace: (plain: Tree) => Tree;
};

export type Intake = {
  readonly text: string;
  readonly keys: readonly StateColumn[];
  readonly values: readonly StateColumn[];
};

/** SELECT of a node's keys, the given values, and `__time`. */
export async function intakeOf(
  plain: PlainSelect,
  values: readonly Tree[],
  engine: TreeEngine,
): Promise<Intake> {
  const keys = plain.groups.flatMap(({ key, tree }) =>
    key === undefined ? [] : [named(tree, key)],
  );
  const select = overColumns(plain, [...keys, ...values, columnRef('__time')]);
  const text = await engine.print(select);
  const columns = await engine.describe(text, plain.from.reads.map(withHidden));
  return { text, keys: columns.slice(0, keys.length), values: columns.slice(keys.length, -1) };
}

/** A SELECT over the FROM's columns under their flat names, and `__time`. */
export function overColumns(plain: PlainSelect, list: readonly Tree[]): Tree {
  const { from, columns, where } = plain;
  const rows = selectNode({
    select_list: [...columns.map(({ ref, name }) => named(ref, name)), named(from.time, '__time')],
    from_table: from.tree,
  });
  return selectNode({
    select_list: list,
    from_table: subquery(rows),
    where_clause: where ?? null,
  });
}

/** What is a group in it becomes the key of that name. */
export function withKeys(node: Tree, groups: readonly PlainGroup[]): Tree {
  return mapExpression(node, (one) => {
    const group = groups.find(({ tree }) => sameTree(tree, one));
    if (group !== undefined) return inPlaceOf(keyed(group), one);
    const path = pathOf(one);
    if (path === undefined) return undefined;
    const whole = groups.find(({ tree }) => sameTree(tree, columnRef(path[0] ?? '')));
    if (whole?.key === undefined) return one;
    return inPlaceOf(columnRef(whole.key, ...path.slice(1)), one);
  });
}

function keyed({ key, tree }: PlainGroup): Tree {
  return key === undefined ? tree : columnRef(key);
}
