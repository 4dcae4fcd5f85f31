import { textOf, textsOf, type Tree } from '../../../sql/tree/tree.ts';
import { pathOf } from '../columns.ts';
import type { StateColumn } from '../dataflow.ts';
import { visitTrees } from './lookup-query.ts';

/** The names of columns that queries may mean: all, where a star or a whole row stands in one. */
export class UsedNames {
  readonly #names = new Set<string>();
  /** Those that stand alone: a table's own name, where a column's could be, is its whole row. */
  readonly #alone = new Set<string>();
  readonly #tables = new Set<string>();
  #isAny = false;

  add(query: Tree): void {
    visitTrees(query, (node) => {
      const path = pathOf(node)?.map((name) => name.toLowerCase());
      if (path?.length === 1) this.#alone.add(path[0] ?? '');
      for (const name of path ?? textsOf(node['using_columns'])) {
        this.#names.add(name.toLowerCase());
      }
      const renames = textsOf(node['column_name_alias']).length > 0;
      const isNatural = node['ref_type'] === 'NATURAL';
      if (node['class'] === 'STAR' || renames || isNatural) this.#isAny = true;
      if (node['type'] !== 'BASE_TABLE' && node['type'] !== 'SUBQUERY') return;
      this.#tables.add((textOf(node['alias']) || textOf(node['table_name'])).toLowerCase());
    });
  }

  /** Those of a table that may be meant, and one at least. */
  of(columns: readonly StateColumn[]): readonly StateColumn[] {
    const isAny = this.#isAny || !this.#tables.isDisjointFrom(this.#alone);
    const used = columns.filter(({ name }) => isAny || this.#names.has(name.toLowerCase()));
    return used.length === 0 ? columns.slice(0, 1) : used;
  }
}
