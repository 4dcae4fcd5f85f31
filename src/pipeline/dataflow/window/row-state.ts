import { columnRef, inPlaceOf, named } from '../../../sql/tree/make-tree.ts';
import {
  findExpression,
  mapExpression,
  mapInside,
  sameTree,
  type Tree,
} from '../../../sql/tree/tree.ts';
import { pathOf } from '../columns.ts';
import { isAggregateCall } from '../select-parts.ts';
import { intakeOf, withKeys, type WindowState } from './intake.ts';
import type { PlainSelect } from './plain-select.ts';
import type { TreeEngine } from '../tree-engine.ts';

/**
 * Keeps the rows, of which only the columns that the SELECT names beside its groups. What
 * aggregates take is computed of each row before, so that a row where it fails is known.
 */
export async function rowState(plain: PlainSelect, engine: TreeEngine): Promise<WindowState> {
  const taken = takenByAggregates(plain);
  const replace = (node: Tree): Tree => {
    const known = mapExpression(node, (one) =>
      isAggregateCall(one) ? mapInside(one, (part) => takenRef(part, taken)) : undefined,
    );
    return withKeys(known, plain.groups);
  };
  const needed = namesIn(outerTrees(plain).map(replace));
  const columns = plain.columns
    .filter(({ name }) => needed.has(name))
    .map(({ name }) => columnRef(name));
  const values = taken.map((tree, index) => named(tree, `__v${index}`));
  const intake = await intakeOf(plain, [...columns, ...values], engine);
  return {
    intake: intake.text,
    keys: intake.keys,
    values: intake.values.map((column) => ({ ...column, merge: undefined })),
    replace,
  };
}

/** What aggregates take, filter and sort by, but for plain columns, constants and lambdas. */
function takenByAggregates(plain: PlainSelect): readonly Tree[] {
  const taken: Tree[] = [];
  const add = (node: Tree): Tree => {
    if (isRow(node)) return mapInside(node, add);
    const isPlain = pathOf(node) !== undefined || !namesColumn(node) || node['class'] === 'LAMBDA';
    if (!isPlain && !taken.some((one) => sameTree(one, node))) taken.push(node);
    return node;
  };
  findExpression(outerTrees(plain), (node) => {
    if (isAggregateCall(node)) mapInside(node, add);
    return false;
  });
  return taken;
}

/** `(a, b)`, which has no type that a column could be declared with: its parts are taken. */
function isRow(node: Tree): boolean {
  return node['class'] === 'FUNCTION' && node['function_name'] === 'row';
}

function takenRef(node: Tree, taken: readonly Tree[]): Tree {
  if (isRow(node)) return mapInside(node, (part) => takenRef(part, taken));
  const index = taken.findIndex((one) => sameTree(one, node));
  return index < 0 ? node : inPlaceOf(columnRef(`__v${index}`), node);
}

function namesColumn(node: Tree): boolean {
  return findExpression(node, (one) => pathOf(one) !== undefined) !== undefined;
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
