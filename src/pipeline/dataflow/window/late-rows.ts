import { type JsonField, jsonFieldsSql } from '../../../engine/json-encoding.ts';
import { quoteName } from '../../../engine/types.ts';
import { columnRef, named, selectNode, subquery } from '../../../sql/tree/make-tree.ts';
import type { Tree } from '../../../sql/tree/tree.ts';
import type { LateRows } from '../dataflow.ts';
import type { From } from '../from.ts';
import { refOf } from '../join/joined.ts';
import type { TreeEngine } from '../tree-engine.ts';
import type { PlainSelect } from './plain-select.ts';

/** The rows that a window's node reads, as they come: all columns of the FROM, that it has. */
export async function lateRows(
  { from, columns, where }: PlainSelect,
  node: string,
  engine: TreeEngine,
): Promise<LateRows> {
  const fields = fieldsOf(from);
  const rows = selectNode({
    select_list: [
      ...columns.map(({ ref, name }) => named(ref, name)),
      ...fields.map(({ ref, column }) => named(ref, column)),
      named(from.time, '__time'),
    ],
    from_table: from.tree,
  });
  const select = selectNode({
    select_list: [...fields.map(({ column }) => columnRef(column)), columnRef('__time')],
    from_table: subquery(rows),
    where_clause: where ?? null,
  });
  const row = jsonFieldsSql(fields, { timestampFormat: 'rfc3339' });
  const text = `SELECT ${row} AS "row", "__time" FROM (${await engine.print(select)}\n)`;
  const reads = [...new Set(from.reads.map((one) => one.name))];
  return { name: `__late_${node}`, sql: { text, reads }, source: '' };
}

type Field = JsonField & { readonly ref: Tree; readonly column: string };

/** A name that several tables have comes with the table's. */
function fieldsOf({ leaves, joined }: From): readonly Field[] {
  const all = (joined?.leaves ?? leaves).flatMap((leaf) =>
    leaf.columns.flatMap(({ name, type }, index) => {
      const ref = refOf(leaf, index);
      return ref === undefined ? [] : [{ alias: leaf.alias, name, type, ref }];
    }),
  );
  const counts = new Map<string, number>();
  for (const { name } of all) counts.set(name, (counts.get(name) ?? 0) + 1);
  return all.map(({ alias, name, type, ref }, index) => {
    const column = `__l${index}`;
    const isOnly = counts.get(name) === 1;
    const shown = isOnly ? name : `${alias}.${name}`;
    return { name: shown, type, ref, column, expression: quoteName(column) };
  });
}
