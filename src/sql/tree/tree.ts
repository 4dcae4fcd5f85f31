/**
 * A node of the tree that `json_serialize_sql` gives, as it is: to be changed in a few places and
 * made text again by `json_deserialize_sql`. What is only looked at is read as a `Query` instead.
 * Numbers that a double may not hold are `JSON.rawJSON` in it.
 */
export type Tree = { readonly [key: string]: unknown };

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRaw(value);
}

/** A number as it was written. */
export function isRaw(value: unknown): value is { readonly rawJSON: string } {
  return typeof value === 'object' && value !== null && 'rawJSON' in value;
}

export function isExpression(value: unknown): value is Tree {
  return isTree(value) && typeof value['class'] === 'string';
}

/** The nodes of a list; none where there is no list. */
export function treesOf(value: unknown): readonly Tree[] {
  return Array.isArray(value) ? value.filter(isTree) : [];
}

export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/**
 * A copy in which each expression is what `edit` makes of it; where that is undefined, the
 * expression stays, and those in it are asked for. Subqueries are gone into as well.
 */
function mapExpressions(value: unknown, edit: (node: Tree) => Tree | undefined): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => mapExpressions(one, edit));
  if (!isTree(value)) return value;
  const edited = isExpression(value) ? edit(value) : undefined;
  return edited ?? mapInside(value, edit);
}

/** As `mapExpressions`, for one expression. */
export function mapExpression(node: Tree, edit: (node: Tree) => Tree | undefined): Tree {
  return edit(node) ?? mapInside(node, edit);
}

/** The expressions below a node, but not itself. */
export function mapInside(node: Tree, edit: (node: Tree) => Tree | undefined): Tree {
  // A constant's value is plain data.
  if (node['class'] === 'CONSTANT') return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, part]) => [key, mapExpressions(part, edit)]),
  );
}

/** The first expression, outer ones first, for which `test` holds. */
export function findExpression(value: unknown, test: (node: Tree) => boolean): Tree | undefined {
  if (Array.isArray(value)) {
    for (const one of value) {
      const found = findExpression(one, test);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isTree(value)) return undefined;
  if (isExpression(value) && test(value)) return value;
  return value['class'] === 'CONSTANT' ? undefined : findExpression(Object.values(value), test);
}

/** Do both say the same, whatever their places and their own aliases are? */
export function sameTree(left: unknown, right: unknown): boolean {
  const unnamed = (value: unknown): unknown => (isTree(value) ? { ...value, alias: '' } : value);
  return sameParts(unnamed(left), unnamed(right));
}

/** The aliases in them are names of arguments. */
function sameParts(left: unknown, right: unknown): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((one, index) => sameParts(one, right[index]));
  }
  if (isRaw(left) && isRaw(right)) return left.rawJSON === right.rawJSON;
  if (!isTree(left) || !isTree(right)) return left === right;
  const keys = keysOf(left);
  return (
    keys.length === keysOf(right).length && keys.every((key) => sameParts(left[key], right[key]))
  );
}

function keysOf(node: Tree): readonly string[] {
  return Object.keys(node).filter((key) => key !== 'query_location');
}

/** In UTF-8 bytes of the text that was serialized; undefined where DuckDB has no place. */
function byteOffsetOf(node: Tree): number | undefined {
  const offset = node['query_location'];
  return typeof offset === 'number' ? offset : undefined;
}

/** The first place that something in here has: its own, or that of what it holds. */
export function placeIn(value: unknown): number | undefined {
  if (Array.isArray(value)) return firstPlace(value);
  if (!isTree(value)) return undefined;
  return byteOffsetOf(value) ?? firstPlace(Object.values(value));
}

function firstPlace(values: readonly unknown[]): number | undefined {
  for (const value of values) {
    const place = placeIn(value);
    if (place !== undefined) return place;
  }
  return undefined;
}
