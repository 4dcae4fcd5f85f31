import { columnRef } from '../../sql/tree/make-tree.ts';
import { isExpression, isTree, textOf, type Tree, treesOf } from '../../sql/tree/tree.ts';
import { refuse } from './refusal.ts';

/**
 * A SELECT in which IN and EXISTS, asked of all its rows, are SEMI joins, and NOT IN and NOT EXISTS
 * ANTI joins: as those, they can be of equal windows. Not those that `stays` holds for.
 */
export function withSemiJoins(
  select: Tree,
  stays: (subquery: Tree) => boolean = () => false,
): Tree {
  let { from_table: from } = select;
  const kept: Tree[] = [];
  for (const [index, condition] of partsOf(select['where_clause']).entries()) {
    const isNot = condition['type'] === 'OPERATOR_NOT';
    const asked = isNot ? treesOf(condition['children'])[0] : condition;
    const isJoined = asked !== undefined && !stays(asked);
    const side = isJoined ? joinedSide(asked, { isNot, alias: `__in_${index}` }) : undefined;
    // NULL is neither in what there is, nor not in it; rows are never NULL.
    if (side === undefined) kept.push(condition);
    else if (isNot) kept.push(...isThere(asked?.['child']));
    if (side === undefined) continue;
    from = { ...joinParts, ...side, left: from, join_type: isNot ? 'ANTI' : 'SEMI' };
  }
  if (from === select['from_table']) return select;
  return { ...select, from_table: from, where_clause: allOf(kept) };
}

function isThere(child: unknown): readonly Tree[] {
  if (!isExpression(child) || isRow(child)) return [];
  return [{ class: 'OPERATOR', type: 'OPERATOR_IS_NOT_NULL', alias: '', children: [child] }];
}

type Side = { readonly right: unknown; readonly condition: unknown };

type Asked = { readonly isNot: boolean; readonly alias: string };

/** Undefined: no such subquery. */
function joinedSide(node: Tree, asked: Asked): Side | undefined {
  const statement = node['class'] === 'SUBQUERY' ? node['subquery'] : undefined;
  const query = isTree(statement) ? statement['node'] : undefined;
  if (!isTree(query)) return undefined;
  if (node['subquery_type'] === 'EXISTS') return existsSide(query);
  const { child } = node;
  const isIn = node['subquery_type'] === 'ANY' && node['comparison_type'] === 'COMPARE_EQUAL';
  return isIn && isExpression(child) ? inSide(query, child, asked) : undefined;
}

/** Its WHERE may name both sides; all else that it could have doesn't tell whether a row exists. */
function existsSide(query: Tree): Side | undefined {
  const isPlain =
    query['type'] === 'SELECT_NODE' &&
    query['aggregate_handling'] === 'STANDARD_HANDLING' &&
    query['having'] === null &&
    query['qualify'] === null &&
    treesOf(query['group_expressions']).length === 0 &&
    treesOf(query['modifiers']).length === 0 &&
    isTree(query['cte_map']) &&
    treesOf(query['cte_map']['map']).length === 0;
  const { where_clause: condition } = query;
  return isPlain && isExpression(condition) ? { right: query['from_table'], condition } : undefined;
}

/** Rows are equal where their parts are, and NULLs in them are equal too. */
function inSide(query: Tree, child: Tree, { isNot, alias }: Asked): Side | undefined {
  const list = treesOf(query['select_list']);
  const [only] = list;
  if (query['type'] !== 'SELECT_NODE' || only === undefined) return undefined;
  const isRows = list.length === 1 && isRow(child) && isRow(only);
  const left = isRow(child) ? treesOf(child['children']) : [child];
  const right = isRows ? treesOf(only['children']) : list;
  if (left.length !== right.length) return undefined;
  if (isNot && !isRows && left.length > 1) {
    const hint = 'Write (a, b) NOT IN (SELECT (c, d) …), or NOT EXISTS.';
    refuse('NOT IN of several columns cannot run on a stream.', hint, child);
  }
  const names = right.map((_, index) => `__c${index}`);
  const type = isRows ? 'COMPARE_NOT_DISTINCT_FROM' : 'COMPARE_EQUAL';
  const equalities = left.map((one, index) => ({
    class: 'COMPARISON',
    type,
    alias: '',
    left: one,
    right: columnRef(alias, names[index] ?? ''),
  }));
  // GROUP BY may name an alias; in a row it is none.
  const selected = right.map((one) => (isRows ? { ...one, alias: '' } : one));
  const node = { ...query, select_list: selected };
  const subquery = { node, named_param_map: [] };
  const table = { type: 'SUBQUERY', alias, sample: null, subquery, column_name_alias: names };
  return { right: table, condition: allOf(equalities) };
}

function isRow(node: Tree): boolean {
  return node['class'] === 'FUNCTION' && textOf(node['function_name']) === 'row';
}

/** What AND joins. */
function partsOf(condition: unknown): readonly Tree[] {
  if (!isExpression(condition)) return [];
  const isAnd = condition['type'] === 'CONJUNCTION_AND';
  return isAnd ? treesOf(condition['children']).flatMap(partsOf) : [condition];
}

function allOf(conditions: readonly Tree[]): Tree | null {
  const [only, ...others] = conditions;
  if (only === undefined || others.length === 0) return only ?? null;
  return { class: 'CONJUNCTION', type: 'CONJUNCTION_AND', alias: '', children: conditions };
}

const joinParts: Tree = {
  type: 'JOIN',
  alias: '',
  sample: null,
  ref_type: 'REGULAR',
  using_columns: [],
  delim_flipped: false,
  duplicate_eliminated_columns: [],
};
