import type { Tree } from './tree.ts';

/** Nodes as DuckDB's parser would have made them. */

export function columnRef(...path: readonly string[]): Tree {
  return { class: 'COLUMN_REF', type: 'COLUMN_REF', alias: '', column_names: path };
}

export function named(node: Tree, alias: string): Tree {
  return { ...node, alias };
}

/** With the other's alias, which names it where it is an argument of `struct_pack`. */
export function inPlaceOf(node: Tree, other: Tree): Tree {
  return { ...node, alias: other['alias'] };
}

export function functionCall(name: string, children: readonly Tree[]): Tree {
  return {
    class: 'FUNCTION',
    type: 'FUNCTION',
    alias: '',
    function_name: name,
    schema: '',
    children,
    filter: null,
    order_bys: { type: 'ORDER_MODIFIER', orders: [] },
    distinct: false,
    is_operator: false,
    export_state: false,
    catalog: '',
  };
}

export function textConstant(value: string): Tree {
  return {
    class: 'CONSTANT',
    type: 'VALUE_CONSTANT',
    alias: '',
    value: { type: { id: 'VARCHAR', type_info: null }, is_null: false, value },
  };
}

export function integerConstant(value: number): Tree {
  return {
    class: 'CONSTANT',
    type: 'VALUE_CONSTANT',
    alias: '',
    value: { type: { id: 'BIGINT', type_info: null }, is_null: false, value },
  };
}

export function baseTable(name: string, alias: string): Tree {
  return {
    type: 'BASE_TABLE',
    alias,
    sample: null,
    schema_name: '',
    table_name: name,
    column_name_alias: [],
    catalog_name: '',
    at_clause: null,
  };
}

/** `relation.*`; of no name, `*`. */
export function starOf(relation: string): Tree {
  return {
    class: 'STAR',
    type: 'STAR',
    alias: '',
    relation_name: relation,
    exclude_list: [],
    replace_list: [],
    columns: false,
    expr: null,
    qualified_exclude_list: [],
    rename_list: [],
  };
}

/** `SELECT select_list FROM from_table`, and whatever else `parts` says. */
export function selectNode(parts: {
  readonly select_list: readonly Tree[];
  readonly from_table: Tree;
  readonly [key: string]: unknown;
}): Tree {
  return {
    type: 'SELECT_NODE',
    modifiers: [],
    cte_map: { map: [] },
    where_clause: null,
    group_expressions: [],
    group_sets: [],
    aggregate_handling: 'STANDARD_HANDLING',
    having: null,
    sample: null,
    qualify: null,
    ...parts,
  };
}

export const emptyTable: Tree = { type: 'EMPTY', alias: '', sample: null };

/** A query in a FROM. */
export function subquery(query: Tree): Tree {
  return {
    type: 'SUBQUERY',
    alias: '',
    sample: null,
    subquery: { node: query, named_param_map: [] },
    column_name_alias: [],
  };
}

export function coalesce(children: readonly Tree[]): Tree {
  return { class: 'OPERATOR', type: 'OPERATOR_COALESCE', alias: '', children };
}
