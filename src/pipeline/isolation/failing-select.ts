import type { Connection } from '../../engine/engine.ts';
import { quoteName } from '../../engine/types.ts';
import { certainFailures, isError } from './certain-failure.ts';
import { sureValue, typeOf } from './sure-value.ts';
import {
  castTypes,
  expressionsIn,
  expressionTexts,
  listOf,
  nodeOf,
  selectTree,
  textOf,
  type TreeNode,
  UnknownShape,
} from './select-tree.ts';

/** A table of numbered records, by its name in the SELECT; types as DuckDB writes them. */
export type NumberedTable = {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
};

/**
 * Rewrites a SELECT over numbered records so that it gives the numbers (`row`) of those it fails
 * on, in one pass, some of them more than once. Undefined where it has something that can't be
 * followed from record to row.
 *
 * Every query in it passes on, besides its columns, the record's number, for each column whether
 * its value failed, and whether a filter failed. A record fails when a filter failed on it, or when
 * a value that reaches the result did, and no other filter dropped it: what no one uses, DuckDB
 * doesn't compute either, and it is free to try another filter first.
 */
export async function failingSelect(
  connection: Connection,
  sql: string,
  table: NumberedTable,
): Promise<string | undefined> {
  try {
    const tree = await selectTree(connection, sql);
    const typeTexts = table.columns.map(({ type }) => type);
    const types = await castTypes(connection, typeTexts);
    const scope: Scope = new Map([[table.name, leaf(table, types)]]);
    const query = await new Rewriting(connection).query(tree, scope);
    const flags = query.columns.map((column, index) => (column.canFail ? flag(index) : undefined));
    const isFailing = anyOf([quoteName(filterFlag), ...flags]);
    return `SELECT ${rowNumber} AS row FROM (${query.sql}) WHERE ${isFailing}`;
  } catch (thrown) {
    if (thrown instanceof UnknownShape) return undefined;
    throw thrown;
  }
}

const rowNumber = '__helios_row';
const filterFlag = '__helios_failed';

/** Name of the flag of a query's n-th column. */
function flag(index: number): string {
  return `__helios_failed_${index}`;
}

type FlaggedColumn = {
  readonly name: string;
  readonly canFail: boolean;
  /** As the tree of a cast to it has it, where that is known. */
  readonly type: string | undefined;
};
type FlaggedQuery = { readonly sql: string; readonly columns: readonly FlaggedColumn[] };
type Scope = ReadonlyMap<string, FlaggedQuery>;

/** What FROM gives: its alias, and for each column the text of its flag. */
type From = {
  readonly sql: string;
  readonly alias: string;
  readonly columns: readonly FlaggedColumn[];
  readonly rowText: string;
  readonly failedText: string;
};

/** One column of a SELECT: how its value is written, and when it fails. */
type Item = {
  readonly name: string;
  readonly value: string;
  readonly failed: string | undefined;
  readonly type: string | undefined;
};

function leaf({ name, columns }: NumberedTable, types: readonly string[]): FlaggedQuery {
  const values = columns.map((column) => quoteName(column.name));
  const flags = columns.map((_, index) => `false AS ${flag(index)}`);
  const own = [`__row AS ${rowNumber}`, `false AS ${filterFlag}`];
  return {
    sql: `SELECT ${[...values, ...flags, ...own].join(', ')} FROM ${quoteName(name)}`,
    columns: columns.map((column, index) => ({
      name: column.name,
      canFail: false,
      type: types[index],
    })),
  };
}

class Rewriting {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async query(node: TreeNode, outer: Scope): Promise<FlaggedQuery> {
    if (listOf(node['modifiers']).length > 0) throw new UnknownShape('modifiers');
    const scope = await this.#scope(node, outer);
    if (node['type'] === 'SELECT_NODE') return await this.#select(node, scope);
    if (node['type'] === 'SET_OPERATION_NODE') return await this.#union(node, scope);
    throw new UnknownShape(textOf(node['type']));
  }

  async #scope(node: TreeNode, outer: Scope): Promise<Scope> {
    const scope = new Map(outer);
    for (const entry of listOf(nodeOf(node['cte_map'])['map']).map(nodeOf)) {
      const value = nodeOf(entry['value']);
      if (listOf(value['aliases']).length > 0) throw new UnknownShape('aliases of a CTE');
      const query = await this.query(nodeOf(nodeOf(value['query'])['node']), scope);
      scope.set(textOf(entry['key']).toLowerCase(), query);
    }
    return scope;
  }

  async #union(node: TreeNode, scope: Scope): Promise<FlaggedQuery> {
    if (node['setop_type'] !== 'UNION' || node['setop_all'] !== true) {
      throw new UnknownShape('a set operation');
    }
    const children = listOf(node['children']);
    const inputs = children.length > 0 ? children : [node['left'], node['right']];
    const queries: FlaggedQuery[] = [];
    for (const input of inputs) queries.push(await this.query(nodeOf(input), scope));
    const [first] = queries;
    if (first === undefined) throw new UnknownShape('no inputs');
    return {
      sql: queries.map(({ sql }) => `(${sql})`).join(' UNION ALL '),
      columns: first.columns.map(({ name, type }, index) => ({
        name,
        canFail: queries.some(({ columns }) => columns[index]?.canFail ?? true),
        type: queries.every(({ columns }) => columns[index]?.type === type) ? type : undefined,
      })),
    };
  }

  async #select(node: TreeNode, scope: Scope): Promise<FlaggedQuery> {
    checkPlain(node);
    const from = await this.#from(nodeOf(node['from_table']), scope);
    const items: Item[] = [];
    const tried: string[] = [];
    for (const expression of listOf(node['select_list']).map(nodeOf)) {
      if (expression['class'] === 'STAR') items.push(...starItems(expression, from));
      else items.push(await this.#item(expression, { from, items, tried }));
    }
    const where = await this.#where(node['where_clause'], from, items);
    const columns = [
      ...items.map(({ name, value }) => `${value} AS ${quoteName(name)}`),
      ...items.map(({ failed }, index) => `${failed ?? 'false'} AS ${flag(index)}`),
      `${from.rowText} AS ${rowNumber}`,
      `${anyOf([from.failedText, where.failed])} AS ${filterFlag}`,
    ];
    return {
      sql: `SELECT ${columns.join(', ')} FROM ${from.sql}${where.sql}`,
      columns: items.map(({ name, failed, type }) => ({
        name,
        canFail: failed !== undefined,
        type,
      })),
    };
  }

  async #from(node: TreeNode, scope: Scope): Promise<From> {
    if (node['type'] === 'EMPTY') {
      return {
        sql: '(SELECT 1)',
        alias: '',
        columns: [],
        rowText: 'NULL::BIGINT',
        failedText: 'false',
      };
    }
    if (isPresent(node['sample'])) throw new UnknownShape('a sample');
    const query = await this.#fromQuery(node, scope);
    const alias = textOf(node['alias']) || textOf(node['table_name']);
    const names = listOf(node['column_name_alias']).map(textOf);
    const renamed = names.length === 0 ? '' : `(${names.map(quoteName).join(', ')})`;
    return {
      sql: `(${query.sql}) AS ${quoteName(alias === '' ? '__helios_from' : alias)}${renamed}`,
      alias,
      columns: query.columns.map((column, index) => ({
        ...column,
        name: names[index] ?? column.name,
      })),
      rowText: rowNumber,
      failedText: filterFlag,
    };
  }

  async #fromQuery(node: TreeNode, scope: Scope): Promise<FlaggedQuery> {
    if (node['type'] === 'SUBQUERY') {
      return await this.query(nodeOf(nodeOf(node['subquery'])['node']), scope);
    }
    const known = scope.get(textOf(node['table_name']).toLowerCase());
    if (node['type'] === 'BASE_TABLE' && known !== undefined) return known;
    throw new UnknownShape(textOf(node['type']));
  }

  async #item(
    expression: TreeNode,
    seen: { readonly from: From; readonly items: readonly Item[]; readonly tried: string[] },
  ): Promise<Item> {
    const { from, items } = seen;
    const [text = ''] = await this.#texts([expression]);
    const path = listOf(expression['column_names']).map(textOf);
    const name = textOf(expression['alias']) || (path.at(-1) ?? text);
    const used = flagsUsed(expression, from, items);
    const type = typeOf(expression, (part) => columnOf(part, from));
    const { value, failed } = await this.#attempt(expression, from);
    return { name, value, failed: anyOf([failed, used]) || undefined, type };
  }

  async #where(
    clause: unknown,
    from: From,
    items: readonly Item[],
  ): Promise<{ readonly sql: string; readonly failed: string | undefined }> {
    if (!isPresent(clause)) return { sql: '', failed: undefined };
    const kept: string[] = [];
    const failures: string[] = [];
    for (const condition of conjuncts(nodeOf(clause))) {
      const attempt = await this.#attempt(condition, from);
      const failed = anyOf([attempt.failed, flagsUsed(condition, from, items)]);
      kept.push(`(${anyOf([failed, `(${attempt.value})::BOOLEAN`])})`);
      failures.push(failed);
    }
    return { sql: ` WHERE ${kept.join(' AND ')}`, failed: anyOf(failures) };
  }

  /** The value where it can be had, else NULL; and whether it can't. */
  async #attempt(
    expression: TreeNode,
    from: From,
  ): Promise<{ readonly value: string; readonly failed: string | undefined }> {
    const sure = sureValue(expression, (part) => columnOf(part, from));
    if (sure !== undefined) {
      const [value = ''] = await this.#texts([sure]);
      return { value, failed: undefined };
    }
    const [text = '', ...certain] = await this.#texts([expression, ...certainFailures(expression)]);
    const isCertain = anyOf(certain.map((condition) => `coalesce(${condition}, false)`));
    const spared = isCertain === '' ? text : `CASE WHEN ${isCertain} THEN NULL ELSE ${text} END`;
    const failed = anyOf([isCertain, `TRY(row(${spared})) IS NULL`]);
    return { value: `TRY(${spared})`, failed };
  }

  async #texts(expressions: readonly TreeNode[]): Promise<readonly string[]> {
    const replaced = expressions.map((expression) => nodeOf(withoutError(expression)));
    return await expressionTexts(this.#connection, replaced);
  }
}

/** DuckDB chooses their order: a record that one of them drops doesn't fail by another. */
function conjuncts(condition: TreeNode): readonly TreeNode[] {
  if (condition['type'] !== 'CONJUNCTION_AND') return [condition];
  return listOf(condition['children']).map(nodeOf).flatMap(conjuncts);
}

function checkPlain(node: TreeNode): void {
  const isPlain =
    listOf(node['group_expressions']).length === 0 &&
    listOf(node['group_sets']).length === 0 &&
    node['aggregate_handling'] === 'STANDARD_HANDLING' &&
    !['having', 'sample', 'qualify'].some((key) => isPresent(node[key]));
  if (!isPlain) throw new UnknownShape('grouping');
}

/** `*` or `t.*`, perhaps with EXCLUDE: the columns as they are. */
function starItems(star: TreeNode, from: From): readonly Item[] {
  const relation = textOf(star['relation_name']).toLowerCase();
  const isPlain =
    (relation === '' || relation === from.alias.toLowerCase()) &&
    ['replace_list', 'rename_list', 'qualified_exclude_list'].every(
      (key) => listOf(star[key]).length === 0,
    ) &&
    star['columns'] !== true &&
    !isPresent(star['expr']);
  if (!isPlain) throw new UnknownShape('a star');
  const excluded = listOf(star['exclude_list']).map((name) => textOf(name).toLowerCase());
  return from.columns.flatMap(({ name, canFail, type }, index) => {
    if (excluded.includes(name.toLowerCase())) return [];
    return [{ name, value: quoteName(name), failed: canFail ? flag(index) : undefined, type }];
  });
}

function columnIndex(expression: TreeNode, from: From): number {
  const path = listOf(expression['column_names']).map((part) => textOf(part).toLowerCase());
  const isQualified = path.length > 1 && path[0] === from.alias.toLowerCase();
  const name = isQualified ? path[1] : path[0];
  return from.columns.findIndex((column) => column.name.toLowerCase() === name);
}

/** A column of FROM itself, not a field of one. */
function columnOf(expression: TreeNode, from: From): FlaggedColumn | undefined {
  if (expression['class'] !== 'COLUMN_REF') return undefined;
  const path = listOf(expression['column_names']).map((part) => textOf(part).toLowerCase());
  const isQualified = path.length === 2 && path[0] === from.alias.toLowerCase();
  const isOwn = path.length === 1 || isQualified;
  return isOwn ? from.columns[columnIndex(expression, from)] : undefined;
}

/** Whether a value that the expression uses failed: a column of FROM, or an alias before it. */
function flagsUsed(expression: TreeNode, from: From, items: readonly Item[]): string | undefined {
  const flags = new Set<string>();
  for (const part of expressionsIn(expression)) {
    if (unfollowed.has(textOf(part['class'])) || part['function_name'] === 'unnest') {
      throw new UnknownShape(textOf(part['class']));
    }
    if (part['class'] !== 'COLUMN_REF') continue;
    const index = columnIndex(part, from);
    const first = textOf(listOf(part['column_names'])[0]).toLowerCase();
    const item = items.find(({ name }) => name.toLowerCase() === first);
    if (index >= 0 && from.columns[index]?.canFail) flags.add(flag(index));
    if (index < 0 && item?.failed !== undefined) flags.add(`(${item.failed})`);
  }
  return flags.size === 0 ? undefined : anyOf([...flags]);
}

const unfollowed: ReadonlySet<string> = new Set(['SUBQUERY', 'WINDOW', 'STAR', 'PARAMETER']);

/**
 * DuckDB's `error` counts as volatile, which TRY refuses: in its place stands an expression of no
 * type that fails as well.
 */
function withoutError(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutError);
  const node = nodeOf(value);
  if (isError(node)) return failure;
  return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, withoutError(child)]));
}

/** `[NULL][CAST('helios' AS BIGINT)]`. */
const failure: TreeNode = {
  class: 'OPERATOR',
  type: 'ARRAY_EXTRACT',
  alias: '',
  query_location: 0,
  children: [
    {
      class: 'FUNCTION',
      type: 'FUNCTION',
      alias: '',
      query_location: 0,
      function_name: 'list_value',
      schema: 'main',
      children: [constant('NULL', null)],
      filter: null,
      order_bys: { type: 'ORDER_MODIFIER', orders: [] },
      distinct: false,
      is_operator: false,
      export_state: false,
      catalog: '',
    },
    {
      class: 'CAST',
      type: 'OPERATOR_CAST',
      alias: '',
      query_location: 0,
      child: constant('VARCHAR', 'helios'),
      cast_type: { id: 'BIGINT', type_info: null },
      try_cast: false,
    },
  ],
};

function constant(id: string, value: string | null): TreeNode {
  const typed = { type: { id, type_info: null }, is_null: value === null };
  return {
    class: 'CONSTANT',
    type: 'VALUE_CONSTANT',
    alias: '',
    query_location: 0,
    value: value === null ? typed : { ...typed, value },
  };
}

function anyOf(conditions: readonly (string | undefined)[]): string {
  return conditions
    .filter((one) => one !== undefined && one !== '' && one !== 'false')
    .join(' OR ');
}

function isPresent(value: unknown): boolean {
  return value !== null && value !== undefined;
}
