import { quoteName } from '../../engine/types.ts';
import { columnRef, functionCall, named } from '../../sql/tree/make-tree.ts';
import {
  findExpression,
  isTree,
  textOf,
  textsOf,
  type Tree,
  treesOf,
} from '../../sql/tree/tree.ts';
import { windowPartOf } from './columns.ts';
import type { Compilation, Scope } from './context.ts';
import type { StateColumn } from './dataflow.ts';
import { compileFrom, type From } from './from.ts';
import { flatSelect, namesUsed } from './join/flat-select.ts';
import { refuseChanges } from './lookup/lookup-join.ts';
import { compileLookupQuery, readsLookups } from './lookup/lookup-query.ts';
import {
  isLookupSubquery,
  readsTables,
  type WithSubqueries,
  withLookupSubqueries,
} from './lookup/lookup-subqueries.ts';
import { refuse } from './refusal.ts';
import { isReservedColumn, reservedHint, reservedMessage } from './source/reserved-names.ts';
import { refusePartition } from './window/plain-select.ts';
import { hiddenNames, type Relation, tellsWindow, type WindowPart } from './relation.ts';
import {
  byAlias,
  groupsOf,
  isGroupByAll,
  isGrouped,
  isWindowFunction,
  namedProjection,
  outerExpressions,
  setsOf,
  windowPartsOf,
  withoutHidden,
  withWholeRows,
} from './select-parts.ts';
import { withSemiJoins } from './semi-join.ts';
import { compileSetOperation } from './set-operation.ts';
import { refuseStrayCall, refuseUnwindowed } from './unwindowed.ts';
import { compileDistinct, compileGroups, refuseUnsteady } from '../updating/compile-updating.ts';
import { checkDistinct } from './window/check-distinct.ts';
import { windowOrder } from './window/window-order.ts';
import { compileWindow, windowCallOf } from './window/window-select.ts';
import { writtenSelect } from './written/written-select.ts';

/** A SELECT's place: the relations that it may read, and what its node is called. */
export type Place = {
  readonly scope: Scope;
  readonly label: string | undefined;
  /** The node's name; undefined: a new one. */
  readonly name: string | undefined;
};

/** Makes nodes of a query and all that lies in it. Throws `Refusal` where it can't. */
export async function compileQuery(
  query: Tree,
  place: Place,
  compilation: Compilation,
): Promise<Relation> {
  if (readsLookups(query, place.scope)) return await compileLookupQuery(query, place, compilation);
  const scope = await scopeOf(query, place.scope, compilation);
  const inner = { ...query, cte_map: { map: [] } };
  if (query['type'] === 'SET_OPERATION_NODE') {
    const children = await inputsOf(inner, scope, compilation);
    return await compileSetOperation(inner, children, { ...place, compilation });
  }
  const isPlain = !isGrouped(inner);
  const select = withSemiJoins(
    inner,
    (one) => !readsTables(one) || (isPlain && isLookupSubquery(one, scope)),
  );
  return await compileSelect(select, { ...place, scope }, compilation);
}

async function inputsOf(
  query: Tree,
  scope: Scope,
  compilation: Compilation,
): Promise<readonly Relation[]> {
  const children = treesOf(query['children']);
  const inputs = children.length > 0 ? children : treesOf([query['left'], query['right']]);
  const relations: Relation[] = [];
  for (const input of inputs) {
    const place = { scope, label: undefined, name: undefined };
    relations.push(await compileQuery(input, place, compilation));
  }
  return relations;
}

/** The scope with the query's CTEs, each of which sees those before it. */
async function scopeOf(query: Tree, outer: Scope, compilation: Compilation): Promise<Scope> {
  const map = isTree(query['cte_map']) ? treesOf(query['cte_map']['map']) : [];
  let scope = outer;
  for (const { key, value } of map) {
    const statement = isTree(value) && isTree(value['query']) ? value['query']['node'] : undefined;
    if (!isTree(value) || !isTree(statement)) continue;
    const label = textOf(key);
    const relation = await compileQuery(statement, { scope, label, name: undefined }, compilation);
    const renamed = await rename(relation, textsOf(value['aliases']), compilation);
    scope = new Map([...scope, [label.toLowerCase(), renamed]]);
  }
  return scope;
}

/** `WITH a(x, y) AS …`. */
async function rename(
  relation: Relation,
  names: readonly string[],
  compilation: Compilation,
): Promise<Relation> {
  if (names.length === 0) return relation;
  const { rows, windowParts, shape } = relation;
  const columns = relation.columns.map((column, index) => ({
    ...column,
    name: names[index] ?? column.name,
  }));
  const list = [
    ...relation.columns.map(({ name }, index) => {
      return `${quoteName(name)} AS ${quoteName(columns[index]?.name ?? name)}`;
    }),
    ...hiddenNames(rows),
  ];
  const text = `SELECT ${list.join(', ')} FROM ${quoteName(relation.name)}`;
  const reads = [relation];
  const label = undefined;
  return await compilation.addSelect({ rows, text, reads, label, columns, windowParts, shape });
}

async function compileSelect(
  select: Tree,
  place: Place,
  compilation: Compilation,
): Promise<Relation> {
  const looking = withLookupSubqueries(select, place.scope);
  const { from_table: table, where_clause: where } = looking.select;
  const own = await compileFrom(treeOf(table), where, {
    compilation,
    scope: place.scope,
    compileQuery: async (query, scope, label) =>
      await compileQuery(query, { scope, label, name: undefined }, compilation),
    used: namesUsed(looking.select),
  });
  const tables = own.joined?.leaves ?? own.leaves;
  const written = await withWholeRows(looking.select, tables, compilation.engine);
  if (own.rows === 'changes' && looking.reads.length > 0) refuseChanges(written['where_clause']);
  const isPlain = own.joined === undefined && !isGrouped(written);
  refuseSubqueries(looking, isPlain);
  const from = { ...own, reads: [...own.reads, ...looking.reads] };
  const { tree, reads } = from.joined?.written ?? from;
  const columns = await compilation.describeSelect({ ...written, from_table: tree }, reads);
  refuseReserved(written, columns);
  const flat = from.joined === undefined ? written : flatSelect(written, from.joined, columns);
  const first = compilation.nodes.length;
  const relation = await selectOver(flat, { from, columns, place, compilation });
  const tools = { engine: compilation.engine, scope: place.scope };
  compilation.describeNode(first, await writtenSelect(written, from, tools));
  return relation;
}

async function selectOver(flat: Tree, selecting: Selecting): Promise<Relation> {
  const { from, place, compilation } = selecting;
  const call = windowCallOf(flat, from);
  if (call !== undefined && from.rows === 'changes') refuseWindow(call);
  if (call !== undefined) return await compileWindow(flat, from, { call, place, compilation });
  const over = { ...flat, from_table: from.tree };
  refuseStrayCall(flat, from);
  if (from.rows === 'windows') return await selectOverWindows(over, selecting);
  return await selectUnwindowed(over, selecting);
}

/** Over events or changes. */
async function selectUnwindowed(select: Tree, selecting: Selecting): Promise<Relation> {
  const { from, place, compilation } = selecting;
  if (from.rows === 'changes') refuseUnsteady(select);
  const modifiers = treesOf(select['modifiers']);
  const distinct = modifiers.find(isPlainDistinct);
  if (distinct !== undefined) {
    const all = { ...select, modifiers: modifiers.filter((one) => one !== distinct) };
    const inner = { label: undefined, name: undefined, scope: place.scope };
    const rows = await selectUnwindowed(all, { ...selecting, place: inner });
    return await compileDistinct(rows, { place, compilation });
  }
  refuseUnwindowed(select);
  if (isGrouped(select)) return await compileGroups(select, from, selecting);
  return from.rows === 'changes'
    ? await selectOverChanges(select, selecting)
    : await selectOverEvents(select, selecting);
}

function isPlainDistinct(modifier: Tree): boolean {
  const isDistinct = modifier['type'] === 'DISTINCT_MODIFIER';
  return isDistinct && treesOf(modifier['distinct_on_targets']).length === 0;
}

/** What a row becomes goes when the row goes. */
async function selectOverChanges(select: Tree, selecting: Selecting): Promise<Relation> {
  const { from, columns, place, compilation } = selecting;
  const [leaf] = from.leaves.filter(({ relation }) => relation !== undefined);
  const list = treesOf(select['select_list']).map((one) => withoutHidden(one, from));
  const hidden = hiddenNames('changes').map((name) => columnRef(leaf?.alias ?? '', name));
  const text = await compilation.engine.print({ ...select, select_list: [...list, ...hidden] });
  const { label, name } = place;
  const relation = { rows: 'changes', columns, windowParts: new Map(), shape: undefined } as const;
  return await compilation.addSelect({ ...relation, text, reads: from.reads, label }, name);
}

type Selecting = {
  readonly from: From;
  /** What the SELECT gives, without hidden columns. */
  readonly columns: readonly StateColumn[];
  readonly place: Place;
  readonly compilation: Compilation;
};

async function selectOverEvents(select: Tree, selecting: Selecting): Promise<Relation> {
  const { from, columns, place, compilation } = selecting;
  const list = treesOf(select['select_list']).map((one) => withoutHidden(one, from));
  const text = await compilation.engine.print({
    ...select,
    select_list: [...list, named(from.time, '__time')],
  });
  const { label, name } = place;
  return await compilation.addSelect(
    {
      rows: 'events',
      text,
      reads: from.reads,
      label,
      columns,
      windowParts: new Map(),
      shape: undefined,
    },
    name,
  );
}

/** An epoch's rows are whole windows: all that stays in a window is plain SQL. */
async function selectOverWindows(select: Tree, selecting: Selecting): Promise<Relation> {
  const { from, columns, place, compilation } = selecting;
  const { engine } = compilation;
  const window = from.window ?? columnRef('__window');
  const grouped = isGrouped(select) ? groupedByWindow(select, window, from) : select;
  checkWindowFunctions(select, from);
  const projections = treesOf(select['select_list']).map((one) => withoutHidden(one, from));
  const modifiers = treesOf(select['modifiers']);
  const order = await windowOrder({ modifiers, projections, columns }, engine);
  const time = isGrouped(select) ? functionCall('any_value', [from.time]) : from.time;
  const hidden = [named(time, '__time'), named(window, '__window')];
  const list = [...projections, ...hidden, ...order.projections];
  const printed = await engine.print({
    ...grouped,
    select_list: list,
    modifiers: order.modifiers,
  });
  const windowParts = await windowPartsOf(select, from, compilation);
  const { shape, reads } = from;
  const partOf = (target: Tree): WindowPart | undefined =>
    windowPartOf(namedProjection(target, projections, from) ?? target, from.leaves);
  checkDistinct(modifiers, { select, windowParts, shape, partOf });
  const text = order.wrap(printed);
  const { label, name } = place;
  return await compilation.addSelect(
    { rows: 'windows', text, reads, label, columns, windowParts, shape },
    name,
  );
}

/** GROUP BY with the whole window in each of its sets, which changes no group. */
function groupedByWindow(select: Tree, window: Tree, from: From): Tree {
  const groups = groupsOf(select, from);
  const telling = groups.flatMap((group, index) =>
    tellsWindow(windowPartOf(group, from.leaves), from.shape) ? [index] : [],
  );
  const sets = isGroupByAll(select) ? [groups.map((_, index) => index)] : setsOf(select);
  const isTold = sets.length > 0 && sets.every((set) => telling.some((one) => set.includes(one)));
  if (!isTold) {
    const message = 'An aggregate of windows needs the window in GROUP BY.';
    const isOuter = from.leaves.some((leaf) => leaf.isOptional !== undefined);
    const hint = isOuter
      ? 'Add it: GROUP BY coalesce(a.window, b.window), …. One side of an outer join may be NULL.'
      : 'Add it: GROUP BY window, …. Every set of ROLLUP and the like needs it.';
    refuse(message, hint, [select['group_expressions'], select['select_list']]);
  }
  // The hidden projections are groups of GROUP BY ALL.
  if (isGroupByAll(select)) return select;
  const expressions = treesOf(select['group_expressions']);
  return {
    ...select,
    group_expressions: [...expressions, window],
    group_sets: sets.map((set) => [...set, expressions.length]),
  };
}

/** SQL's own window functions see whole windows where they are partitioned by them. */
function checkWindowFunctions(select: Tree, from: From): void {
  const projections = treesOf(select['select_list']);
  findExpression(outerExpressions(select), (node) => {
    if (!isWindowFunction(node)) return false;
    const isInWindow = treesOf(node['partitions']).some((one) => {
      const meant = namedProjection(one, projections, from) ?? one;
      return tellsWindow(windowPartOf(meant, from.leaves), from.shape);
    });
    if (!isInWindow) refusePartition(node);
    return false;
  });
}

function refuseWindow(call: Tree): never {
  const hint =
    'Put the events into windows before they are grouped or joined. Changes of a debezium_json ' +
    "table are events where it has the column op TEXT METADATA FROM 'op'.";
  refuse('Rows that change have no time, and cannot be put into windows.', hint, call);
}

function refuseSubqueries({ select, has }: WithSubqueries, isPlain: boolean): void {
  const isOfRow = (node: Tree): boolean => has(node) || !readsTables(node);
  const subquery = findExpression(
    [...outerExpressions(select), select['where_clause']],
    (node) => node['class'] === 'SUBQUERY' && !(isPlain && isOfRow(node)),
  );
  if (subquery === undefined) return;
  const hint = isOfRow(subquery)
    ? 'Ask it in a SELECT without groups and joins of streams: make a view of that.'
    : 'Join the rows instead, in equal windows; or run this as a query over a table.';
  refuse('Subqueries in expressions cannot run on a stream.', hint, subquery);
}

function refuseReserved(select: Tree, columns: readonly StateColumn[]): void {
  const reserved = columns.find(({ name }) => isReservedColumn(name))?.name;
  if (reserved === undefined) return;
  const list = treesOf(select['select_list']);
  refuse(reservedMessage(reserved), reservedHint, byAlias(reserved, list) ?? list);
}

function treeOf(value: unknown): Tree {
  return isTree(value) ? value : {};
}
