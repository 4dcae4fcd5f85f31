/**
 * A SELECT as a tree, read from what DuckDB's `json_serialize_sql` gives. Nothing of the JSON is
 * skipped: whatever is shaped like an expression, a query or a table is in the tree, and a kind
 * that isn't known is `unknown` there, so that a gate can refuse it. `byteOffset` counts UTF-8
 * bytes of the text that was serialized; undefined where DuckDB gives no place.
 */
export type Query =
  | (QueryParts & {
      readonly kind: 'select';
      readonly projections: readonly Expression[];
      readonly from: TableRef;
      readonly where: Expression | undefined;
      readonly groups: readonly Expression[];
      /** GROUP BY in any form, ALL and () too. */
      readonly isGrouped: boolean;
      readonly having: Expression | undefined;
      readonly qualify: Expression | undefined;
      readonly isSampled: boolean;
    })
  | (QueryParts & {
      readonly kind: 'set_operation';
      /** As DuckDB names it: `UNION`, `UNION_BY_NAME`, `EXCEPT`, `INTERSECT`. */
      readonly operation: string;
      readonly isAll: boolean;
      readonly inputs: readonly Query[];
    })
  | (QueryParts & {
      readonly kind: 'recursive';
      readonly name: string;
      readonly start: Query;
      /** Sees `name`. */
      readonly step: Query;
    })
  | (QueryParts & { readonly kind: 'unknown'; readonly type: string });

/** What queries of every kind have. */
export type QueryParts = {
  /** In order; each sees those before it, and not itself. */
  readonly ctes: readonly Cte[];
  readonly modifiers: readonly Modifier[];
  /** Expressions, queries and tables found in places that have no name above. */
  readonly rest: Contents;
};

export type Cte = { readonly name: string; readonly query: Query; readonly rest: Contents };

/** ORDER BY, LIMIT, DISTINCT: `type` as DuckDB names it, such as `ORDER_MODIFIER`. */
export type Modifier = { readonly type: string; readonly contents: Contents };

export type TableRef =
  | (TableParts & {
      readonly kind: 'base_table';
      readonly catalog: string;
      readonly schema: string;
      readonly name: string;
      /** `AT (VERSION => …)`. */
      readonly hasAtClause: boolean;
      /** What it says: the unit is `VERSION` or `TIMESTAMP`. */
      readonly at?: { readonly unit: string; readonly expression: Expression } | undefined;
      /** `t(a, b)`: its columns go by other names. */
      readonly hasColumnAliases: boolean;
    })
  | (TableParts & { readonly kind: 'table_function'; readonly call: Expression })
  | (TableParts & { readonly kind: 'subquery'; readonly query: Query })
  | (TableParts & {
      readonly kind: 'join';
      /** `INNER`, `LEFT`, `SEMI` …, and how: `REGULAR`, `CROSS`, `NATURAL`, `ASOF` …. */
      readonly joinType: string;
      readonly refType: string;
      /** Columns of `USING (…)`. */
      readonly using: readonly string[];
      readonly left: TableRef;
      readonly right: TableRef;
    })
  | (TableParts & { readonly kind: 'values' })
  | (TableParts & { readonly kind: 'empty' })
  | (TableParts & { readonly kind: 'pivot' })
  /** DESCRIBE, SUMMARIZE, SHOW. */
  | (TableParts & { readonly kind: 'show'; readonly showType: string })
  | (TableParts & { readonly kind: 'unknown'; readonly type: string });

/** What tables of every kind have. */
export type TableParts = {
  readonly alias: string;
  readonly byteOffset: number | undefined;
  readonly isSampled: boolean;
  readonly rest: Contents;
};

/** `class` and `type` as DuckDB names them: `FUNCTION`, `WINDOW`, `COLUMN_REF`, `SUBQUERY` …. */
export type Expression = {
  readonly class: string;
  readonly type: string;
  readonly alias: string;
  readonly byteOffset: number | undefined;
  readonly call: Call | undefined;
  /** Of a COLUMN_REF: its parts, such as `["t", "x"]`. */
  readonly columnPath: readonly string[];
  /** Of a PARAMETER: `min` of `$min`, `1` of `?`. */
  readonly parameter: string | undefined;
  /** Of a SUBQUERY: `SCALAR`, `EXISTS`, `NOT_EXISTS`, `ANY`. */
  readonly subqueryType: string | undefined;
  /** Of a CAST: the types in it, nested ones too, that DuckDB's parser doesn't know. */
  readonly userTypes: readonly string[];
  /** Of a CAST: the type's name, such as `TIMESTAMP WITH TIME ZONE`. */
  readonly castType: string | undefined;
  readonly constant: Constant | undefined;
  /** Of a CONSTANT that is text. */
  readonly text: string | undefined;
  readonly contents: Contents;
};

/**
 * Of a CONSTANT: the name of its type and its value as DuckDB writes it in JSON, NULL as undefined.
 */
export type Constant = {
  readonly type: string;
  /** Of a DECIMAL: how many of the value's digits are behind the point. */
  readonly scale: number;
  readonly value: string | number | boolean | object | undefined;
};

/** A function's name as written. Operators are functions too: `+`, `~~` (LIKE), `->>`. */
export type Call = {
  readonly name: string;
  readonly schema: string;
  readonly catalog: string;
  readonly isOperator: boolean;
  readonly isDistinct: boolean;
};

export type Contents = {
  readonly expressions: readonly Expression[];
  readonly queries: readonly Query[];
  readonly tables: readonly TableRef[];
};

/** What lies directly in a query, but for CTEs and recursive parts: those have other scopes. */
export function contentsOfQuery(query: Query): Contents {
  const modifiers = query.modifiers.map((modifier) => modifier.contents);
  return mergeContents([partsOfQuery(query), ...modifiers, query.rest]);
}

export function contentsOfTable(table: TableRef): Contents {
  switch (table.kind) {
    case 'table_function':
      return mergeContents([{ ...nothing, expressions: [table.call] }, table.rest]);
    case 'subquery':
      return mergeContents([{ ...nothing, queries: [table.query] }, table.rest]);
    case 'join':
      return mergeContents([{ ...nothing, tables: [table.left, table.right] }, table.rest]);
    default:
      return table.rest;
  }
}

/** The contents of all of them, in order. */
export function mergeContents(all: readonly Contents[]): Contents {
  const used = all.filter((one) => one !== nothing);
  if (used.length <= 1) return used[0] ?? nothing;
  return {
    expressions: used.flatMap((one) => one.expressions),
    queries: used.flatMap((one) => one.queries),
    tables: used.flatMap((one) => one.tables),
  };
}

/** Contents of what holds nothing. */
export const nothing: Contents = { expressions: [], queries: [], tables: [] };

/** CTEs are not among them: they are in another scope. */
function partsOfQuery(query: Query): Contents {
  switch (query.kind) {
    case 'select': {
      const { projections, where, groups, having, qualify, from } = query;
      const optional = [where, having, qualify].filter((one) => one !== undefined);
      return { ...nothing, expressions: [...projections, ...optional, ...groups], tables: [from] };
    }
    case 'set_operation':
      return { ...nothing, queries: query.inputs };
    default:
      return nothing;
  }
}
