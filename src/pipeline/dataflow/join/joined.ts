import { columnRef } from '../../../sql/tree/make-tree.ts';
import { functionCall, textConstant } from '../../../sql/tree/make-tree.ts';
import type { Tree } from '../../../sql/tree/tree.ts';
import { findColumn, type Leaf, mapColumns, withFields } from '../columns.ts';
import type { Relation } from '../relation.ts';

/** A FROM, or a side of a join in it. */
export type Joined = {
  readonly tree: Tree;
  /** Its tables as the SELECT names them. */
  readonly leaves: readonly Leaf[];
  /** Its tables as `tree` has them: fewer, where a join of streams is one relation. */
  readonly flat: readonly Leaf[];
  /** Relations that are read, and whose columns can't be named: right sides of SEMI and ANTI. */
  readonly hidden: readonly Relation[];
  /** What USING made one column of two: by its name in lower case, what stands for it in `tree`. */
  readonly merged: ReadonlyMap<string, Tree>;
  /** As the script wrote it, which tells what its names mean. */
  readonly written: { readonly tree: Tree; readonly reads: readonly Relation[] };
};

export function relationsOf({ flat }: Joined): readonly Relation[] {
  return flat.flatMap(({ relation }) => relation ?? []);
}

/** What stands in the tree for a column that the SELECT names. */
export function resolve(path: readonly string[], joined: Joined): Tree | undefined {
  const found = findColumn(path, joined.leaves);
  const [first = '', ...fields] = path;
  const merged = joined.merged.get(first.toLowerCase());
  const isQualified = found !== undefined && found.fields.length < fields.length;
  if (merged !== undefined && !isQualified) return withFields(merged, fields, extractField);
  if (found === undefined) return undefined;
  const { leaf, index } = found;
  const ref = refOf(leaf, index);
  return ref && withFields(ref, found.fields, extractField);
}

export function refOf({ refs, alias, columns }: Leaf, index: number): Tree | undefined {
  return refs === undefined ? columnRef(alias, columns[index]?.name ?? '') : refs[index];
}

/** An expression, or a table's, with all that the side has of columns in it resolved. */
export function resolved(node: Tree, joined: Joined): Tree {
  return mapColumns(node, (path) => resolve(path, joined));
}

/** Does it name columns, and of this side only? */
export function isOf(node: Tree, joined: Joined): boolean {
  let isAny = false;
  let isAll = true;
  mapColumns(node, (path) => {
    isAny = true;
    isAll &&= resolve(path, joined) !== undefined;
    return undefined;
  });
  return isAny && isAll;
}

function extractField(node: Tree, field: string): Tree {
  return functionCall('struct_extract', [node, textConstant(field)]);
}
