import { columnRef, inPlaceOf } from '../../sql/tree/make-tree.ts';
import {
  isExpression,
  isTree,
  mapInside,
  textOf,
  textsOf,
  type Tree,
  treesOf,
} from '../../sql/tree/tree.ts';
import type { StateColumn } from './dataflow.ts';
import type { Relation, WindowPart } from './relation.ts';

/** A table of a FROM, as its SELECT names it. */
export type Leaf = {
  readonly alias: string;
  /** Names as the SELECT sees them. */
  readonly columns: readonly StateColumn[];
  /** Undefined: made of the row beside it, as `unnest` is. */
  readonly relation: Relation | undefined;
  /**
   * Of a side of a join of streams: what stands for its columns; undefined: they are not kept.
   */
  readonly refs?: readonly (Tree | undefined)[] | undefined;
  /**
   * An outer join gives rows without it. Then its columns are NULL, but for those that USING has
   * made one with another's: by these names in lower case, where no table is named.
   */
  readonly isOptional?: { readonly but: ReadonlySet<string> } | undefined;
};

export type FoundColumn = {
  readonly leaf: Leaf;
  readonly index: number;
  /** Fields of a STRUCT that are named after it. */
  readonly fields: readonly string[];
};

/** Which column a name means, as DuckDB finds it: `table.column` before `column.field`. */
export function findColumn(
  path: readonly string[],
  leaves: readonly Leaf[],
): FoundColumn | undefined {
  const [first = '', second] = path;
  if (second !== undefined) {
    const leaf = leaves.find(({ alias }) => isSameName(alias, first));
    const index = leaf === undefined ? -1 : columnIndex(leaf, second);
    if (leaf !== undefined && index >= 0) return { leaf, index, fields: path.slice(2) };
  }
  for (const leaf of leaves) {
    const index = columnIndex(leaf, first);
    if (index >= 0) return { leaf, index, fields: path.slice(1) };
  }
  return undefined;
}

function columnIndex(leaf: Leaf, name: string): number {
  return leaf.columns.findIndex((column) => isSameName(column.name, name));
}

export function isSameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

export function pathOf(node: Tree): readonly string[] | undefined {
  return node['class'] === 'COLUMN_REF' ? textsOf(node['column_names']) : undefined;
}

/**
 * The part of its row's window that an expression is, without any computing. What may be NULL
 * beside an outer join is none; all of its sides' windows in a coalesce are.
 */
export function windowPartOf(node: Tree, leaves: readonly Leaf[]): WindowPart | undefined {
  if (node['type'] !== 'OPERATOR_COALESCE') {
    const path = extractedPath(node) ?? [];
    return mayBeNull(path, leaves) ? undefined : joinedPartOf(node, leaves);
  }
  const children = treesOf(node['children']);
  const [part, ...others] = children.map((child) => joinedPartOf(child, leaves));
  const paths = children.map((child) => extractedPath(child) ?? []);
  const named = new Set(paths.map((path) => findColumn(path, leaves)?.leaf));
  const isOne = leaves.every((leaf) => leaf.relation === undefined || named.has(leaf));
  const isThere = isOne || paths.some((path) => !mayBeNull(path, leaves));
  return isThere && others.every((one) => one === part) ? part : undefined;
}

/** As `windowPartOf`; it may be NULL too. */
export function joinedPartOf(node: Tree, leaves: readonly Leaf[]): WindowPart | undefined {
  const path = extractedPath(node);
  const found = path && findColumn(path, leaves);
  if (found === undefined) return undefined;
  const part = found.leaf.relation?.windowParts.get(found.index);
  return partOfField(part, found.fields);
}

function mayBeNull(path: readonly string[], leaves: readonly Leaf[]): boolean {
  const found = findColumn(path, leaves);
  const optional = found?.leaf.isOptional;
  if (found === undefined || optional === undefined) return false;
  const isQualified = path.length - found.fields.length === 2;
  return isQualified || !optional.but.has(path[0]?.toLowerCase() ?? '');
}

export function partOfField(
  part: WindowPart | undefined,
  fields: readonly string[],
): WindowPart | undefined {
  const [field, more] = fields;
  if (field === undefined) return part;
  const name = field.toLowerCase();
  const isField = part === 'window' && more === undefined;
  return isField && (name === 'start' || name === 'end') ? name : undefined;
}

/** `w."end"`, and `(w)."end"` too. */
export function extractedPath(node: Tree): readonly string[] | undefined {
  const path = pathOf(node);
  if (path !== undefined) return path;
  const name = textOf(node[node['class'] === 'FUNCTION' ? 'function_name' : 'type']);
  if (!/^(struct|array)_extract$/i.test(name)) return undefined;
  const [child, field] = treesOf(node['children']);
  const inner = child && extractedPath(child);
  const value = isTree(field?.['value']) ? field['value']['value'] : undefined;
  return inner && typeof value === 'string' ? [...inner, value] : undefined;
}

/** Functions whose `x -> …` is a function of x; elsewhere that takes a field of JSON. */
const lambdaFunctions = /^(list|array)_(transform|apply|filter|reduce)$|^(apply|filter|reduce)$/;

/**
 * Replaces references to columns, but for parameters of lambdas. `replace` gives undefined for
 * those that stay; `edit` is asked for other expressions first.
 */
export function mapColumns(
  node: Tree,
  replace: (path: readonly string[], node: Tree) => Tree | undefined,
  edit: (node: Tree) => Tree | undefined = () => undefined,
): Tree {
  const within = (bound: ReadonlySet<string>) => {
    const visit = (one: Tree): Tree | undefined => {
      const path = pathOf(one);
      if (path !== undefined) {
        if (bound.has(path[0]?.toLowerCase() ?? '')) return one;
        return inPlaceOf(replace(path, one) ?? one, one);
      }
      const edited = edit(one);
      if (edited !== undefined) return edited;
      return lambdaFunctions.test(textOf(one['function_name'])) ? mapLambda(one) : undefined;
    };
    const mapLambda = (one: Tree): Tree => ({
      ...mapInside({ ...one, children: [] }, visit),
      children: treesOf(one['children']).map((child) =>
        child['class'] === 'LAMBDA' ? mapBody(child) : (visit(child) ?? mapInside(child, visit)),
      ),
    });
    const mapBody = (lambda: Tree): Tree => {
      const inner = within(new Set([...bound, ...parametersOf(lambda['lhs'])]));
      const body = lambda['expr'];
      return isExpression(body)
        ? { ...lambda, expr: inner(body) ?? mapInside(body, inner) }
        : lambda;
    };
    return visit;
  };
  const top = within(new Set());
  return top(node) ?? mapInside(node, top);
}

function parametersOf(lhs: unknown): readonly string[] {
  if (!isTree(lhs)) return [];
  const path = pathOf(lhs);
  if (path !== undefined) return path.map((name) => name.toLowerCase());
  return treesOf(lhs['children']).flatMap(parametersOf);
}

/** `node.field.field`. */
export function withFields(node: Tree, fields: readonly string[], extract: Extract): Tree {
  const path = pathOf(node);
  if (path !== undefined) return columnRef(...path, ...fields);
  return fields.reduce((inner, field) => extract(inner, field), node);
}

type Extract = (node: Tree, field: string) => Tree;
