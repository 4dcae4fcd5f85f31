import {
  baseTable,
  columnRef,
  functionCall,
  integerConstant,
  named,
  selectNode,
} from '../../../sql/tree/make-tree.ts';
import { mapInside, type Tree } from '../../../sql/tree/tree.ts';
import type { Compilation } from '../context.ts';
import type { StateColumn } from '../dataflow.ts';
import type { From } from '../from.ts';
import { checkDistinct } from './check-distinct.ts';
import type { WindowState } from './intake.ts';
import { mergedState } from './merged-state.ts';
import { plainSelect, type PlainSelect, windowPart } from './plain-select.ts';
import { hiddenColumns, type Relation, type WindowPart, windowColumn } from '../relation.ts';
import { rowState } from './row-state.ts';
import { groupsOf, isWindowCall, ordinalOf } from '../select-parts.ts';
import { lateRows } from './late-rows.ts';
import { windowOrder } from './window-order.ts';
import { shapeText, windowShape } from './window-shape.ts';

/** The window that a SELECT groups by; undefined: none. */
export function windowCallOf(select: Tree, from: From): Tree | undefined {
  return groupsOf(select, from).find(isWindowCall);
}

export type WindowTools = {
  readonly call: Tree;
  readonly place: { readonly label: string | undefined; readonly name: string | undefined };
  readonly compilation: Compilation;
};

/**
 * A SELECT that groups by a window: what is kept of each row, and the SELECT itself over what was
 * kept of a window that has ended.
 */
export async function compileWindow(
  select: Tree,
  from: From,
  { call, place, compilation }: WindowTools,
): Promise<Relation> {
  const { engine } = compilation;
  const shape = await windowShape(call, engine);
  const plain = await plainSelect(select, from, { shape, engine });
  const over = { ...select, from_table: from.tree, modifiers: [] };
  const columns = await engine.describeNumbered(await engine.print(over), from.reads);
  const state = (await mergedState(plain, engine)) ?? (await rowState(plain, engine));
  const result = await resultText(plain, state, { columns, compilation });
  const rows = { name: '__rows', columns: [...state.keys, ...state.values, windowColumn] };
  await compilation.checkColumns(result, [rows], [...columns, ...hiddenColumns('windows')]);
  const name = place.name ?? compilation.newName();
  compilation.nodes.push({
    kind: 'window',
    name,
    shape,
    intake: { text: state.intake, reads: [...new Set(from.reads.map((one) => one.name))] },
    keys: state.keys,
    values: state.values,
    result: { text: result, reads: [] },
    waitsFor: [],
    label: shapeText(shape),
    late: await lateRows(plain, name, engine),
  });
  const windowParts = partsOf(plain);
  const partOf = (target: Tree): WindowPart | undefined =>
    windowPart(plain.projections[(ordinalOf(target) ?? 0) - 1] ?? target);
  checkDistinct(plain.modifiers, { select, windowParts, shape, partOf });
  return { name, rows: 'windows', columns, windowParts, shape };
}

/** The SELECT over the relation `__rows`, which has the window of each of its rows. */
async function resultText(
  plain: PlainSelect,
  state: WindowState,
  {
    columns,
    compilation,
  }: {
    readonly columns: readonly StateColumn[];
    readonly compilation: Compilation;
  },
): Promise<string> {
  const { engine } = compilation;
  const projections = plain.projections.map(state.replace);
  const modifiers = plain.modifiers.map((one) => mapInside(one, state.replace));
  const order = await windowOrder({ modifiers, projections, columns }, engine);
  const own = projections.map((one, index) => named(one, columns[index]?.name ?? ''));
  const text = await engine.print(
    selectNode({
      select_list: [...own, ...hidden, ...order.projections],
      from_table: baseTable('__rows', ''),
      group_expressions: plain.groups.map(({ key, tree }) =>
        key === undefined ? tree : columnRef(key),
      ),
      group_sets: plain.groupSets,
      having: plain.having === undefined ? null : state.replace(plain.having),
      qualify: plain.qualify === undefined ? null : state.replace(plain.qualify),
      modifiers: order.modifiers,
    }),
  );
  return order.wrap(text);
}

const hidden: readonly Tree[] = [
  {
    ...functionCall('-', [
      columnRef('__window', 'end'),
      functionCall('to_microseconds', [integerConstant(1)]),
    ]),
    is_operator: true,
    alias: '__time',
  },
  columnRef('__window'),
];

function partsOf({ projections }: PlainSelect): ReadonlyMap<number, WindowPart> {
  const parts = new Map<number, WindowPart>();
  projections.forEach((one, index) => {
    const part = windowPart(one);
    if (part !== undefined) parts.set(index, part);
  });
  return parts;
}
