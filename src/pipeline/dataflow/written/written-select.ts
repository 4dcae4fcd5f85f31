import { columnRef, selectNode } from '../../../sql/tree/make-tree.ts';
import {
  isExpression,
  isTree,
  textOf,
  textsOf,
  type Tree,
  treesOf,
} from '../../../sql/tree/tree.ts';
import { quoteName } from '../../../engine/types.ts';
import type { Scope } from '../context.ts';
import type { WrittenSelect } from '../dataflow.ts';
import type { From } from '../from.ts';
import { readsLookups } from '../lookup/lookup-query.ts';
import { groupsOf } from '../select-parts.ts';
import type { TreeEngine } from '../tree-engine.ts';
import { readableSql } from './readable-sql.ts';

/** What a SELECT says, but for what lies in its FROM: those are nodes of their own. */
export async function writtenSelect(
  select: Tree,
  from: From,
  { engine, scope }: { readonly engine: TreeEngine; readonly scope: Scope },
): Promise<WrittenSelect> {
  const { select_list: list } = select;
  const modifiers = treesOf(select['modifiers']);
  const orders = modifiers.flatMap((one) => treesOf(one['orders']));
  // A join of streams is a node of its own.
  const joins = from.joined === undefined ? joinsOf(select['from_table']) : [];
  const asked: string[] = [];
  for (const { right } of joins) asked.push(await askedText(right, { engine, scope }));
  const lists = await printed(
    [
      treesOf(list),
      groupsOf(select, from),
      expressions([select['where_clause']]),
      expressions([select['having']]),
      expressions([select['qualify']]),
      orders.flatMap(({ expression }) => expressions([expression])),
      modifiers.flatMap(({ limit }) => expressions([limit])),
      joins.flatMap(({ condition }) => expressions([condition])),
    ],
    engine,
  );
  const [gives = [], groups = [], where = [], having = [], qualify = [], ...others] = lists;
  const [order = [], limit = [], conditions = []] = others;
  const [...left] = conditions;
  return {
    operation: undefined,
    gives: gives.map((text, index) => withAlias(text, treesOf(list)[index])),
    joins: joins.map(({ words, right, using, condition }, index) => {
      const text = `${words} ${askedAs(asked[index] ?? '', tableText(right))}${using}`;
      return isExpression(condition) ? `${text} ON ${withoutOwnNames(left.shift() ?? '')}` : text;
    }),
    where: where[0],
    groups,
    having: having[0],
    qualify: qualify[0],
    isDistinct: modifiers.some((one) => one['type'] === 'DISTINCT_MODIFIER'),
    order: order.map((text, index) => `${text}${directionOf(orders[index])}`),
    limit: limit[0],
  };
}

/** Of several SELECTs put together. */
export function writtenOperation(operation: string): WrittenSelect {
  return {
    operation,
    ...{ gives: [], joins: [], groups: [], order: [], isDistinct: false },
    ...{ where: undefined, having: undefined, qualify: undefined, limit: undefined },
  };
}

/** All of these lists' texts, by one question to DuckDB. */
async function printed(
  lists: readonly (readonly Tree[])[],
  engine: TreeEngine,
): Promise<readonly (readonly string[])[]> {
  const all = lists.flat().map((one) => ({ ...one, alias: '' }));
  const list = all.flatMap((one) => [columnRef(between), one]);
  const text = await engine.print(
    selectNode({ select_list: [...list, columnRef(between)], from_table: { type: 'EMPTY' } }),
  );
  const texts = text
    .split(between)
    .slice(1, -1)
    .map((one) => readableSql(one.slice(2, -2)));
  return lists.map((one) => {
    return one.map(() => texts.shift() ?? '');
  });
}

/** Stands between the texts. */
const between = '__between_two_expressions';

function expressions(values: readonly unknown[]): readonly Tree[] {
  return values.filter((one): one is Tree => isExpression(one));
}

function withAlias(text: string, tree: Tree | undefined): string {
  const alias = textOf(tree?.['alias']);
  if (alias === '' || text === alias) return text;
  return `${text} AS ${/^\w+$/.test(alias) ? alias : quoteName(alias)}`;
}

function directionOf(order: Tree | undefined): string {
  const nulls = { ORDER_NULLS_FIRST: ' NULLS FIRST', ORDER_NULLS_LAST: ' NULLS LAST' } as const;
  const placed = Object.entries(nulls).find(([name]) => name === textOf(order?.['null_order']));
  return `${textOf(order?.['type']) === 'DESCENDING' ? ' DESC' : ''}${placed?.[1] ?? ''}`;
}

/** What IN and EXISTS became has a name that is in no script. */
export function withoutOwnNames(text: string): string {
  const asked = / (=|IS NOT DISTINCT FROM) __in_\d+\.\w+/g;
  return text.replaceAll(asked, ' IN (…)').replaceAll(/__in_\d+/g, '(…)');
}

type WrittenJoin = {
  readonly words: string;
  readonly right: unknown;
  readonly using: string;
  readonly condition: unknown;
};

/** From left to right. */
function joinsOf(table: unknown): readonly WrittenJoin[] {
  if (!isTree(table) || table['type'] !== 'JOIN') return [];
  const { left, right, condition } = table;
  const names = textsOf(table['using_columns']);
  const using = names.length > 0 ? ` USING (${names.join(', ')})` : '';
  const own = { words: joinWords(table), right, using, condition };
  return [...joinsOf(left), own, ...joinsOf(right)];
}

/** What is asked of lookup tables is no node of its own. */
async function askedText(
  table: unknown,
  { engine, scope }: { readonly engine: TreeEngine; readonly scope: Scope },
): Promise<string> {
  const statement = isTree(table) && table['type'] === 'SUBQUERY' ? table['subquery'] : undefined;
  const query = isTree(statement) ? statement['node'] : undefined;
  if (!isTree(query) || !readsLookups(query, scope)) return '';
  return `(${readableSql(await engine.print(query))})`;
}

function askedAs(asked: string, name: string): string {
  if (asked === '') return name;
  return name === '(…)' ? asked : `${asked} AS ${name}`;
}

function joinWords(table: Tree): string {
  const reference = textOf(table['ref_type']);
  if (reference === 'CROSS' || reference === 'DEPENDENT') return 'CROSS JOIN';
  const type = textOf(table['join_type']);
  return `${type === 'INNER' ? '' : `${type === 'OUTER' ? 'FULL' : type} `}JOIN`;
}

function tableText(table: unknown): string {
  if (!isTree(table)) return '';
  const alias = textOf(table['alias']);
  if (table['type'] === 'TABLE_FUNCTION' && isTree(table['function'])) {
    return `${textOf(table['function']['function_name'])}(…)${alias === '' ? '' : ` AS ${alias}`}`;
  }
  const name = textOf(table['table_name']);
  if (name === '') return alias === '' ? '(…)' : withoutOwnNames(alias);
  return alias === '' || alias === name ? name : `${name} AS ${alias}`;
}
