import { columnRef } from '../../../sql/tree/make-tree.ts';
import { findExpression, type Tree } from '../../../sql/tree/tree.ts';
import { pathOf } from '../columns.ts';
import { intakeOf, withKeys, type WindowState } from './intake.ts';
import type { PlainSelect } from './plain-select.ts';
import type { TreeEngine } from '../tree-engine.ts';

/** Keeps the rows, of which only the columns that the SELECT names beside its groups. */
export async function rowState(plain: PlainSelect, engine: TreeEngine): Promise<WindowState> {
  const replace = (node: Tree): Tree => withKeys(node, plain.groups);
  const needed = namesIn(outerTrees(plain).map(replace));
  const values = plain.columns
    .filter(({ name }) => needed.has(name))
    .map(({ name }) => columnRef(name));
  const intake = await intakeOf(plain, values, engine);
  return {
    intake: intake.text,
    keys: intake.keys,
    values: intake.values.map((column) => ({ ...column, merge: undefined })),
    replace,
  };
}

/** All that is computed of a window when it ends. */
export function outerTrees(plain: PlainSelect): readonly Tree[] {
  const { projections, having, qualify, modifiers } = plain;
  const conditions = [having, qualify].filter((one) => one !== undefined);
  const ordered: Tree[] = [];
  findExpression(modifiers, (node) => {
    ordered.push(node);
    return false;
  });
  return [...projections, ...conditions, ...ordered];
}

export function namesIn(trees: readonly Tree[]): ReadonlySet<string> {
  const names = new Set<string>();
  findExpression(trees, (node) => {
    const [head] = pathOf(node) ?? [];
    if (head !== undefined) names.add(head);
    return false;
  });
  return names;
}
