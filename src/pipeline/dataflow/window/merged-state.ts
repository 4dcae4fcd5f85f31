import { inPlaceOf, named } from '../../../sql/tree/make-tree.ts';
import {
  findExpression,
  mapExpression,
  sameTree,
  type Tree,
  treesOf,
} from '../../../sql/tree/tree.ts';
import { withHidden } from '../context.ts';
import { isAggregateCall } from '../select-parts.ts';
import type { TreeEngine } from '../tree-engine.ts';
import { intakeOf, overColumns, withKeys, type WindowState } from './intake.ts';
import { mergeOf, type Partial } from './merge-aggregate.ts';
import type { PlainSelect } from './plain-select.ts';
import { namesIn, outerTrees } from './row-state.ts';

/** Keeps one row for each group of an epoch; undefined: an aggregate doesn't allow it. */
export async function mergedState(
  plain: PlainSelect,
  engine: TreeEngine,
): Promise<WindowState | undefined> {
  const calls = aggregatesIn(outerTrees(plain));
  const merged = await mergedCalls(calls, plain, engine);
  if (merged === undefined) return undefined;
  const replace = (node: Tree): Tree => {
    const combined = mapExpression(node, (one) => {
      const call = isAggregateCall(one) && merged.find((other) => sameTree(other.call, one));
      return call ? inPlaceOf(call.combined, one) : undefined;
    });
    return withKeys(combined, plain.groups);
  };
  const left = namesIn(outerTrees(plain).map(replace));
  if (plain.columns.some(({ name }) => left.has(name))) return undefined;
  // What is only grouped has a value too, which tells that rows are merged.
  const partials = merged.flatMap((one) => one.partials);
  const all = partials.length > 0 ? partials : [await presence(engine)];
  const intake = await intakeOf(
    plain,
    all.map(({ name, tree }) => named(tree, name)),
    engine,
  );
  const values = intake.values.map((column, index) => ({
    ...column,
    merge: all[index]?.merge ?? 'sum',
  }));
  return { intake: intake.text, keys: intake.keys, values, replace };
}

async function presence(engine: TreeEngine): Promise<Partial> {
  return { name: '__p', tree: await engine.parseExpression('CAST(1 AS BIGINT)'), merge: 'sum' };
}

type MergedCall = {
  readonly call: Tree;
  readonly partials: readonly Partial[];
  readonly combined: Tree;
};

async function mergedCalls(
  calls: readonly Tree[],
  plain: PlainSelect,
  engine: TreeEngine,
): Promise<readonly MergedCall[] | undefined> {
  if (calls.length === 0) return [];
  const list = calls.map((call, index) => named(call, `__p${index}`));
  const types = await describeOver(plain, list, engine);
  const merged: MergedCall[] = [];
  for (const [index, call] of calls.entries()) {
    const result = types[index] ?? '';
    const argument = await argumentType(call, plain, engine);
    const one = await mergeOf(call, { name: `__p${index}`, result, argument }, engine);
    if (one === undefined) return undefined;
    merged.push({ call, ...one });
  }
  return merged;
}

async function argumentType(call: Tree, plain: PlainSelect, engine: TreeEngine): Promise<string> {
  const [argument] = treesOf(call['children']);
  if (argument === undefined) return '';
  return (await describeOver(plain, [named(argument, 'value')], engine))[0] ?? '';
}

/** The types of expressions over the FROM's columns. */
async function describeOver(
  plain: PlainSelect,
  list: readonly Tree[],
  engine: TreeEngine,
): Promise<readonly string[]> {
  const text = await engine.print(overColumns(plain, list));
  const columns = await engine.describe(text, plain.from.reads.map(withHidden));
  return columns.map(({ typeText }) => typeText);
}

function aggregatesIn(trees: readonly Tree[]): readonly Tree[] {
  const calls: Tree[] = [];
  findExpression(trees, (node) => {
    if (isAggregateCall(node) && !calls.some((one) => sameTree(one, node))) calls.push(node);
    return false;
  });
  return calls;
}
