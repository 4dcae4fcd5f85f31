import { HeliosError } from '../base/errors.ts';
import { ownWords } from './own-words.ts';
import {
  type Call,
  type Constant,
  type Contents,
  type Cte,
  type Expression,
  mergeContents,
  nothing,
  type Query,
  type QueryParts,
  type TableParts,
  type TableRef,
} from './select-ast.ts';

export type SerializedSelect =
  | { readonly kind: 'ok'; readonly statements: readonly Query[] }
  | {
      readonly kind: 'error';
      readonly message: string;
      /** DuckDB's kind of error: `parser`; `not implemented` for what isn't a SELECT. */
      readonly type: string;
      /** In code points of the text, as DuckDB's parser counts them. */
      readonly codePointOffset: number | undefined;
    };

/**
 * Reads the JSON (text or parsed) of `json_serialize_sql`. Throws `invalid_sql` for a text that is
 * nested deeper than 400 levels.
 */
export function readSerializedSelect(json: unknown): SerializedSelect {
  const root = objectOf(typeof json === 'string' ? parseTree(json) : json);
  if (root['error'] !== false) {
    const offset = Number(root['position']);
    return {
      kind: 'error',
      message: ownWords(textOf(root['error_message'])),
      type: textOf(root['error_type']),
      codePointOffset: Number.isSafeInteger(offset) ? offset : undefined,
    };
  }
  const statements = listOf(root['statements']).map((entry) =>
    readQuery(objectOf(entry)['node'], 0),
  );
  return { kind: 'ok', statements };
}

/** DuckDB writes constants like 1e309 as `Infinity`, which is no JSON. */
function parseTree(text: string): unknown {
  const stringOrInfinity = /"(?:[^"\\]|\\.)*"|(-?)Infinity/g;
  const json = !text.includes('Infinity')
    ? text
    : text.replaceAll(stringOrInfinity, (found: string, sign?: string) =>
        sign === undefined ? found : `${sign}1e999`,
      );
  return JSON.parse(json);
}

type Json = Readonly<Record<string, unknown>>;

/** Levels of the JSON, two for an expression: trees are walked by recursion, which has an end. */
const depthMax = 800;

function readQuery(json: unknown, depth: number): Query {
  const node = objectOf(json);
  const type = textOf(node['type']);
  const parts = readQueryParts(node, depth, namedQueryKeys[type] ?? []);
  switch (type) {
    case 'SELECT_NODE':
      return readSelectNode(node, parts, depth);
    case 'SET_OPERATION_NODE': {
      const children = listOf(node['children']);
      const inputs = children.length > 0 ? children : [node['left'], node['right']];
      return {
        ...parts,
        kind: 'set_operation',
        operation: textOf(node['setop_type']),
        isAll: node['setop_all'] === true,
        inputs: inputs.map((input) => readQuery(input, depth + 1)),
      };
    }
    case 'RECURSIVE_CTE_NODE':
      return {
        ...parts,
        kind: 'recursive',
        name: textOf(node['cte_name']),
        start: readQuery(node['left'], depth + 1),
        step: readQuery(node['right'], depth + 1),
      };
    default:
      return { ...parts, kind: 'unknown', type };
  }
}

/** Keys that the named fields of a query hold; the others go to `rest`. */
const namedQueryKeys: Readonly<Record<string, readonly string[]>> = {
  SELECT_NODE: [
    'select_list',
    'from_table',
    'where_clause',
    'group_expressions',
    'having',
    'qualify',
  ],
  SET_OPERATION_NODE: ['left', 'right', 'children'],
  RECURSIVE_CTE_NODE: ['left', 'right'],
};

function readQueryParts(node: Json, depth: number, namedKeys: readonly string[]): QueryParts {
  const cteMap = objectOf(node['cte_map'] ?? {});
  return {
    ctes: listOf(cteMap['map']).map((entry) => readCte(objectOf(entry), depth)),
    modifiers: listOf(node['modifiers']).map((modifier) => ({
      type: textOf(objectOf(modifier)['type']),
      contents: contentsOf(Object.values(objectOf(modifier)), depth + 1),
    })),
    rest: contentsWithout(node, [...namedKeys, 'cte_map', 'modifiers'], depth),
  };
}

function readCte(entry: Json, depth: number): Cte {
  const value = objectOf(entry['value']);
  return {
    name: textOf(entry['key']),
    query: readQuery(objectOf(value['query'])['node'], depth + 1),
    rest: contentsWithout(value, ['query'], depth),
  };
}

function readSelectNode(node: Json, parts: QueryParts, depth: number): Query {
  const groups = listOf(node['group_expressions']).map((one) => readExpression(one, depth + 1));
  return {
    ...parts,
    kind: 'select',
    projections: listOf(node['select_list']).map((one) => readExpression(one, depth + 1)),
    from: readTable(node['from_table'], depth + 1),
    where: readOptionalExpression(node['where_clause'], depth + 1),
    groups,
    isGrouped:
      groups.length > 0 ||
      listOf(node['group_sets']).length > 0 ||
      node['aggregate_handling'] === 'FORCE_AGGREGATES',
    having: readOptionalExpression(node['having'], depth + 1),
    qualify: readOptionalExpression(node['qualify'], depth + 1),
    isSampled: isPresent(node['sample']),
  };
}

function readTable(json: unknown, depth: number): TableRef {
  const node = objectOf(json);
  const type = textOf(node['type']);
  const parts: TableParts = {
    alias: textOf(node['alias']),
    byteOffset: byteOffsetOf(node),
    isSampled: isPresent(node['sample']),
    rest: contentsWithout(node, namedTableKeys[type] ?? [], depth),
  };
  return readTableKind(node, type, { parts, depth: depth + 1 });
}

const namedTableKeys: Readonly<Record<string, readonly string[]>> = {
  TABLE_FUNCTION: ['function'],
  SUBQUERY: ['subquery'],
  JOIN: ['left', 'right'],
};

function readAt(
  json: unknown,
  depth: number,
): { readonly unit: string; readonly expression: Expression } | undefined {
  if (!isPresent(json)) return undefined;
  const clause = objectOf(json);
  const expression = readOptionalExpression(clause['expr'], depth + 1);
  return expression && { unit: textOf(clause['unit']).toUpperCase(), expression };
}

function readTableKind(
  node: Json,
  type: string,
  { parts, depth }: { readonly parts: TableParts; readonly depth: number },
): TableRef {
  switch (type) {
    case 'BASE_TABLE':
      return {
        ...parts,
        kind: 'base_table',
        catalog: textOf(node['catalog_name']),
        schema: textOf(node['schema_name']),
        name: textOf(node['table_name']),
        hasAtClause: isPresent(node['at_clause']),
        at: readAt(node['at_clause'], depth),
        hasColumnAliases: listOf(node['column_name_alias']).length > 0,
      };
    case 'TABLE_FUNCTION':
      return { ...parts, kind: 'table_function', call: readExpression(node['function'], depth) };
    case 'SUBQUERY': {
      const query = readQuery(objectOf(node['subquery'])['node'], depth);
      return { ...parts, kind: 'subquery', query };
    }
    case 'JOIN':
      return {
        ...parts,
        kind: 'join',
        joinType: textOf(node['join_type']),
        refType: textOf(node['ref_type']),
        using: listOf(node['using_columns']).map(textOf),
        left: readTable(node['left'], depth),
        right: readTable(node['right'], depth),
      };
    case 'EXPRESSION_LIST':
      return { ...parts, kind: 'values' };
    case 'EMPTY':
      return { ...parts, kind: 'empty' };
    case 'PIVOT':
      return { ...parts, kind: 'pivot' };
    case 'SHOW_REF':
      return { ...parts, kind: 'show', showType: textOf(node['show_type']) };
    default:
      return { ...parts, kind: 'unknown', type };
  }
}

function readOptionalExpression(json: unknown, depth: number): Expression | undefined {
  return isPresent(json) ? readExpression(json, depth) : undefined;
}

function readExpression(json: unknown, depth: number): Expression {
  const node = objectOf(json);
  const expressionClass = textOf(node['class']);
  const isConstant = expressionClass === 'CONSTANT';
  const constant = isConstant ? readConstant(objectOf(node['value'])) : undefined;
  return {
    class: expressionClass,
    type: textOf(node['type']),
    alias: textOf(node['alias']),
    byteOffset: byteOffsetOf(node),
    call: 'function_name' in node ? readCall(node) : undefined,
    columnPath: listOf(node['column_names']).map(textOf),
    parameter: expressionClass === 'PARAMETER' ? textOf(node['identifier']) : undefined,
    subqueryType: 'subquery_type' in node ? textOf(node['subquery_type']) : undefined,
    userTypes: userTypesOf(node['cast_type']),
    castType: 'cast_type' in node ? textOf(objectOf(node['cast_type'])['id']) : undefined,
    constant,
    text: typeof constant?.value === 'string' ? constant.value : undefined,
    // A constant's value is plain data: nothing in it can run.
    contents: contentsWithout(node, isConstant ? ['value'] : [], depth),
  };
}

function readConstant(node: Json): Constant {
  const type = objectOf(node['type']);
  const { scale } = objectOf(type['type_info'] ?? {});
  const value = node['is_null'] === true ? undefined : node['value'];
  const isKnown = ['string', 'number', 'boolean', 'object'].includes(typeof value);
  return {
    type: textOf(type['id']),
    scale: typeof scale === 'number' ? scale : 0,
    value: isKnown ? (value as Constant['value']) : undefined,
  };
}

function readCall(node: Json): Call {
  return {
    name: textOf(node['function_name']),
    schema: textOf(node['schema']),
    catalog: textOf(node['catalog']),
    isOperator: node['is_operator'] === true,
    isDistinct: node['distinct'] === true,
  };
}

function userTypesOf(castType: unknown): readonly string[] {
  if (typeof castType !== 'object' || castType === null) return [];
  const nested = Object.values(castType).flatMap(userTypesOf);
  const { id, type_info: info } = castType as Json;
  const isUser = id === 'UNBOUND' || id === 'USER';
  return isUser ? [textOf(objectOf(info ?? {})['name']), ...nested] : nested;
}

function contentsWithout(node: Json, keys: readonly string[], depth: number): Contents {
  const values = Object.entries(node).filter(([key]) => !keys.includes(key));
  return contentsOf(
    values.map(([, value]) => value),
    depth + 1,
  );
}

/** Finds what the values hold, however deep it lies in plain lists and objects. */
function contentsOf(values: readonly unknown[], depth: number): Contents {
  if (depth > depthMax) {
    throw new HeliosError('invalid_sql', `The SQL is nested deeper than ${depthMax / 2} levels.`, {
      hint: 'Split it into several SELECTs, or use IN (…) in place of a long chain of OR.',
    });
  }
  const found = values.filter((value) => typeof value === 'object' && value !== null);
  return found.length === 0
    ? nothing
    : mergeContents(found.map((one) => contentsOfOne(one, depth)));
}

function contentsOfOne(value: object, depth: number): Contents {
  if (Array.isArray(value)) return contentsOf(value, depth + 1);
  const node = objectOf(value);
  const type = node['type'];
  if (typeof node['class'] === 'string') {
    return { ...nothing, expressions: [readExpression(node, depth)] };
  }
  if (typeof type === 'string' && type.endsWith('_NODE')) {
    return { ...nothing, queries: [readQuery(node, depth)] };
  }
  if (typeof type === 'string' && 'sample' in node && 'alias' in node) {
    return { ...nothing, tables: [readTable(node, depth)] };
  }
  return contentsOf(Object.values(node), depth + 1);
}

/** DuckDB writes 2^64 − 1 where it has no place. */
function byteOffsetOf(node: Json): number | undefined {
  const offset = node['query_location'];
  return typeof offset === 'number' && Number.isSafeInteger(offset) ? offset : undefined;
}

function isPresent(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function objectOf(value: unknown): Json {
  if (typeof value === 'object' && value !== null) return value as Json;
  throw new HeliosError('internal', `DuckDB's tree has ${JSON.stringify(value)} for an object.`);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
