import { columnRef, functionCall, textConstant } from '../../../sql/tree/make-tree.ts';
import { sameTree, type Tree } from '../../../sql/tree/tree.ts';
import { findColumn, mapColumns, pathOf, withFields } from '../columns.ts';
import type { From } from '../from.ts';
import { byAlias, isAggregateCall } from '../select-parts.ts';

/** How a column is called in the FROM, and its one name in a window's node. */
export type FlatColumn = { readonly name: string; readonly ref: Tree };

/**
 * The names of one SELECT: its FROM's columns become `__c0`, `__c1` …, and aliases what they stand
 * for, so that expressions that mean the same are the same.
 */
export class Names {
  readonly #from: From;
  readonly #projections: readonly Tree[];
  readonly #columns = new Map<string, FlatColumn>();
  /** What GROUP BY names, in plain terms. */
  #groups: readonly Tree[] = [];

  constructor(from: From, projections: readonly Tree[]) {
    this.#from = from;
    this.#projections = projections;
  }

  /** Those that were named. */
  get columns(): readonly FlatColumn[] {
    return [...this.#columns.values()];
  }

  /** From now on these columns come before aliases, where aggregates are computed. */
  setGroups(groups: readonly Tree[]): void {
    this.#groups = groups;
  }

  /** Of GROUP BY and WHERE, and what aggregates take: columns come before aliases. */
  plain(node: Tree, visible: readonly Tree[] = this.#projections): Tree {
    return mapColumns(node, (path) => this.#column(path) ?? this.#alias(path, visible));
  }

  /** Of the other clauses: only columns that are groups come before aliases. */
  outer(node: Tree, visible: readonly Tree[] = this.#projections): Tree {
    const replace = (path: readonly string[]): Tree | undefined => {
      const column = this.#column(path);
      const isGroup = column !== undefined && this.#isGroup(column);
      return isGroup ? column : (this.#alias(path, visible) ?? column);
    };
    return mapColumns(node, replace, (one) => this.#aggregate(one, visible));
  }

  /** Of a projection: it may name those before it. */
  projection(index: number): Tree {
    const node = this.#projections[index] ?? {};
    return this.outer({ ...node, alias: '' }, this.#projections.slice(0, index));
  }

  /** Of ORDER BY: aliases come first. */
  ordered(node: Tree): Tree {
    const visible = this.#projections;
    return mapColumns(
      node,
      (path) => this.#alias(path, visible) ?? this.#column(path),
      (one) => this.#aggregate(one, visible),
    );
  }

  #aggregate(node: Tree, visible: readonly Tree[]): Tree | undefined {
    return isAggregateCall(node) ? this.plain(node, visible) : undefined;
  }

  #column(path: readonly string[]): Tree | undefined {
    const found = findColumn(path, this.#from.leaves);
    if (found === undefined) return undefined;
    const { leaf, index, fields } = found;
    const key = `${this.#from.leaves.indexOf(leaf)} ${index}`;
    const ref = columnRef(leaf.alias, leaf.columns[index]?.name ?? '');
    const column = this.#columns.get(key) ?? { name: `__c${this.#columns.size}`, ref };
    this.#columns.set(key, column);
    return columnRef(column.name, ...fields);
  }

  #isGroup(column: Tree): boolean {
    const [head = ''] = pathOf(column) ?? [];
    return this.#groups.some((one) => sameTree(one, column) || sameTree(one, columnRef(head)));
  }

  /** An alias stands for its expression, which may name those before it. */
  #alias([name = '', ...fields]: readonly string[], visible: readonly Tree[]): Tree | undefined {
    const meant = byAlias(name, visible);
    if (meant === undefined) return undefined;
    const inner = this.outer({ ...meant, alias: '' }, visible.slice(0, visible.indexOf(meant)));
    return withFields(inner, fields, extractField);
  }
}

function extractField(node: Tree, field: string): Tree {
  return functionCall('struct_extract', [node, textConstant(field)]);
}
