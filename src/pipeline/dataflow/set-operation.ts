import { quoteName } from '../../engine/types.ts';
import { textOf, type Tree, treesOf } from '../../sql/tree/tree.ts';
import type { Compilation } from './context.ts';
import { isSameName } from './columns.ts';
import type { RowKind, StateColumn } from './dataflow.ts';
import { addWindow, refuse } from './refusal.ts';
import {
  commonShape,
  hiddenAs,
  hiddenNames,
  type Relation,
  rowsOf,
  type WindowPart,
} from './relation.ts';
import { hasWindow } from './window/check-distinct.ts';
import { windowOrder } from './window/window-order.ts';
import { writtenOperation } from './written/written-select.ts';

export type SetPlace = {
  readonly label: string | undefined;
  readonly name: string | undefined;
  readonly compilation: Compilation;
};

/** UNION of relations; of windows also UNION without ALL, EXCEPT and INTERSECT, in each window. */
export async function compileSetOperation(
  query: Tree,
  inputs: readonly Relation[],
  { label, name, compilation }: SetPlace,
): Promise<Relation> {
  if (inputs.some((one) => one.rows === 'lookup')) {
    const hint = 'Join the stream with the table instead.';
    refuse('Rows of a stream and of a lookup table cannot be put together.', hint, query);
  }
  const rows = rowsOf(inputs);
  const operation = operationText(query);
  const selects = (hidden: readonly string[]): string =>
    inputs
      .map((one, index) => {
        const more = hidden.length === 0 ? [] : hiddenAs(one, rows, index);
        const list = [...one.columns.map((column) => quoteName(column.name)), ...more];
        return `(SELECT ${list.join(', ')} FROM ${quoteName(one.name)})`;
      })
      .join(` ${operation} `);
  const { engine } = compilation;
  const columns = await engine.describe(selects([]), inputs);
  const windowParts = operation.endsWith('BY NAME')
    ? partsByName(columns, inputs)
    : commonParts(inputs);
  const shape = commonShape(inputs);
  checkOperation(query, rows, { windowParts, shape });
  const hidden = hiddenNames(rows);
  const own = columns.map((column) => quoteName(column.name));
  const text = `SELECT ${[...own, ...hidden].join(', ')} FROM (${selects(hidden)})`;
  const order = await windowOrder(
    { modifiers: treesOf(query['modifiers']), projections: [], columns },
    engine,
  );
  const relation = await compilation.addSelect(
    {
      rows,
      text: order.wrap(text),
      reads: inputs,
      label,
      columns,
      windowParts,
      shape,
    },
    name,
  );
  compilation.describeNode(compilation.nodes.length - 1, writtenOperation(operation));
  return relation;
}

function checkOperation(
  query: Tree,
  rows: RowKind,
  relation: Pick<Relation, 'windowParts' | 'shape'>,
): void {
  const operation = textOf(query['setop_type']);
  const isUnion = operation.startsWith('UNION');
  const isWindows = rows === 'windows';
  if (!isWindows && !isUnion) {
    refuse(`${operation} on a stream needs windows: it never ends.`, addWindow, query['right']);
  }
  const keepsDoubles = isUnion && query['setop_all'] === true;
  if (!isWindows && !keepsDoubles) {
    const hint = 'Write UNION ALL if doubles may stay.';
    refuse('UNION drops doubles, which needs windows on a stream.', hint, query);
  }
  if (isWindows && !keepsDoubles && !hasWindow(relation)) {
    const message = `${operationText(query)} of windows needs the window among its columns.`;
    refuse(message, 'Select it on both sides, at the same place.', query['right'] ?? query);
  }
  const [modifier] = treesOf(query['modifiers']);
  if (isWindows || modifier === undefined) return;
  refuse('ORDER BY and LIMIT need windows on a stream: it never ends.', addWindow, modifier);
}

function operationText(query: Tree): string {
  const operation = textOf(query['setop_type']);
  const all = query['setop_all'] === true ? ' ALL' : '';
  return operation === 'UNION_BY_NAME' ? `UNION${all} BY NAME` : `${operation}${all}`;
}

function commonParts(inputs: readonly Relation[]): ReadonlyMap<number, WindowPart> {
  const [first, ...others] = inputs;
  return new Map(
    [...(first?.windowParts ?? [])].filter(([index, part]) =>
      others.every((one) => one.windowParts.get(index) === part),
    ),
  );
}

function partsByName(
  columns: readonly StateColumn[],
  inputs: readonly Relation[],
): ReadonlyMap<number, WindowPart> {
  const parts = new Map<number, WindowPart>();
  for (const [index, { name }] of columns.entries()) {
    const [part, ...others] = inputs.map((one) => {
      const place = one.columns.findIndex((column) => isSameName(column.name, name));
      return one.windowParts.get(place);
    });
    if (part !== undefined && others.every((one) => one === part)) parts.set(index, part);
  }
  return parts;
}
