import { columnRef } from '../../../sql/tree/make-tree.ts';
import {
  findExpression,
  isTree,
  mapInside,
  sameTree,
  textOf,
  type Tree,
  treesOf,
} from '../../../sql/tree/tree.ts';
import { extractedPath, partOfField, pathOf } from '../columns.ts';
import type { WindowShape } from '../dataflow.ts';
import type { From } from '../from.ts';
import { type FlatColumn, Names } from './names.ts';
import { refuse } from '../refusal.ts';
import { shapeKey, tellsWindow, type WindowPart } from '../relation.ts';
import {
  groupsOf,
  isAggregateCall,
  isGroupByAll,
  isStar,
  isWindowCall,
  isWindowFunction,
  optionalExpression,
  outerExpressions,
  setsOf,
} from '../select-parts.ts';
import type { TreeEngine } from '../tree-engine.ts';
import { refuseCallIn } from '../unwindowed.ts';
import { windowShape } from './window-shape.ts';

/** What GROUP BY names. `key`: its name in the node's state; undefined: of the window itself. */
export type PlainGroup = { readonly key: string | undefined; readonly tree: Tree };

/**
 * A SELECT that groups by a window, in terms of its FROM's columns (`__c0` …) and `__window` alone:
 * without aliases and ordinals, but for modifiers' ordinals.
 */
export type PlainSelect = {
  readonly from: From;
  readonly where: Tree | undefined;
  /** All columns of the FROM that it names. */
  readonly columns: readonly FlatColumn[];
  readonly groups: readonly PlainGroup[];
  readonly groupSets: readonly (readonly number[])[];
  readonly projections: readonly Tree[];
  readonly having: Tree | undefined;
  readonly qualify: Tree | undefined;
  readonly modifiers: readonly Tree[];
};

export async function plainSelect(
  written: Tree,
  from: From,
  { shape, engine }: { readonly shape: WindowShape; readonly engine: TreeEngine },
): Promise<PlainSelect> {
  refuseUnfit(written);
  refuseCallIn(from.tree);
  await checkCalls(written, shape, engine);
  const select = mapInside(written, (node) =>
    isWindowCall(node) ? { ...columnRef('__window'), alias: textOf(node['alias']) } : undefined,
  );
  const projections = treesOf(select['select_list']);
  const names = new Names(from, projections);
  const groups = groupsOf(select, from).map((group, index): PlainGroup => {
    const tree = names.plain({ ...group, alias: '' });
    const isOfWindow = extractedPath(tree)?.[0] === '__window';
    return { key: isOfWindow ? undefined : `__k${index}`, tree };
  });
  names.setGroups(groups.map(({ tree }) => tree));
  const outer = (value: unknown): Tree | undefined => {
    const node = optionalExpression(value);
    return node && names.outer(node);
  };
  const asked = optionalExpression(select['where_clause']);
  const where = asked && names.plain(asked);
  if (findExpression(where, namesWindow) !== undefined) refuseWhere(written['where_clause']);
  const plain = {
    from,
    where,
    groups,
    groupSets: isGroupByAll(select) ? [groups.map((_, index) => index)] : setsOf(select),
    projections: projections.map((_, index) => names.projection(index)),
    having: outer(select['having']),
    qualify: outer(select['qualify']),
    modifiers: treesOf(select['modifiers']).map((one) => plainModifier(one, names)),
  };
  checkSets(plain, shape, written);
  checkPartitions(plain, shape);
  return { ...plain, columns: names.columns };
}

function refuseUnfit(select: Tree): void {
  const star = findExpression(select['select_list'], isStar);
  if (star !== undefined) {
    refuse('A SELECT with GROUP BY needs its columns by name, not *.', undefined, star);
  }
  const inWhere = findExpression(select['where_clause'], isWindowCall);
  if (inWhere !== undefined) refuseWhere(inWhere);
  findExpression(outerExpressions(select), (node) => {
    const call = isAggregateCall(node) ? findExpression(node, isWindowCall) : undefined;
    if (call === undefined) return false;
    const hint = 'Compute with it outside of aggregates, or in a SELECT around this.';
    return refuse('What an aggregate takes is of a row, which has no window.', hint, call);
  });
}

function refuseWhere(at: unknown): never {
  refuse('WHERE is asked before there are windows.', 'Ask it in HAVING.', at);
}

function namesWindow(node: Tree): boolean {
  return pathOf(node)?.[0] === '__window';
}

/** All calls of a SELECT must mean one window. */
async function checkCalls(select: Tree, shape: WindowShape, engine: TreeEngine): Promise<void> {
  const calls: Tree[] = [];
  findExpression(outerExpressions(select), (node) => {
    if (isWindowCall(node)) calls.push(node);
    return false;
  });
  for (const call of calls) {
    if (shapeKey(await windowShape(call, engine)) === shapeKey(shape)) continue;
    const hint = 'Split it: one view for each window.';
    refuse('A SELECT can group by one window only.', hint, call);
  }
}

function plainModifier(modifier: Tree, names: Names): Tree {
  const orders = treesOf(modifier['orders']).map((order) =>
    isTree(order['expression'])
      ? { ...order, expression: names.ordered(order['expression']) }
      : order,
  );
  const targets = treesOf(modifier['distinct_on_targets']).map((one) => names.ordered(one));
  if (modifier['type'] === 'ORDER_MODIFIER') return { ...modifier, orders };
  return targets.length === 0 ? modifier : { ...modifier, distinct_on_targets: targets };
}

/** Each set of ROLLUP and the like has the window; sessions are by all other groups. */
function checkSets(
  { groups, groupSets }: Pick<PlainSelect, 'groups' | 'groupSets'>,
  shape: WindowShape,
  select: Tree,
): void {
  const window = groups.findIndex(({ tree }) => sameTree(tree, columnRef('__window')));
  const hint = 'Write GROUP BY GROUPING SETS ((window, a), (window)), for one.';
  if (groupSets.some((set) => !set.includes(window))) {
    refuse('Each set of groups needs the window.', hint, select['group_expressions']);
  }
  if (shape.kind !== 'session' || groupSets.length === 1) return;
  const message = 'Sessions are by their groups: they take no ROLLUP, CUBE or GROUPING SETS.';
  refuse(message, undefined, select['group_expressions']);
}

function checkPartitions(
  plain: Pick<PlainSelect, 'projections' | 'qualify' | 'modifiers'>,
  shape: WindowShape,
): void {
  findExpression([plain.projections, plain.qualify, plain.modifiers], (node) => {
    if (!isWindowFunction(node)) return false;
    const isInWindow = treesOf(node['partitions']).some((one) =>
      tellsWindow(windowPart(one), shape),
    );
    if (!isInWindow) refusePartition(node);
    return false;
  });
}

/** The part of the window that an expression in plain terms is. */
export function windowPart(plain: Tree): WindowPart | undefined {
  const [head, ...fields] = extractedPath(plain) ?? [];
  return head === '__window' ? partOfField('window', fields) : undefined;
}

/** A window function that would have to see other windows. */
export function refusePartition(node: Tree): never {
  const name = textOf(node['function_name']);
  const message = `The window function ${name} needs the window among what it is partitioned by.`;
  refuse(message, `Write ${name}(…) OVER (PARTITION BY window, … ORDER BY …).`, node);
}
