import { quoteName } from '../../../engine/types.ts';
import { isTree, sameTree, textOf, type Tree, treesOf } from '../../../sql/tree/tree.ts';
import type { StateColumn } from '../dataflow.ts';
import { refuse } from '../refusal.ts';
import { ordinalOf, isStar } from '../select-parts.ts';
import { isSameName, pathOf } from '../columns.ts';
import type { TreeEngine } from '../tree-engine.ts';

/**
 * DISTINCT ON, ORDER BY, LIMIT and OFFSET of windows, which hold in each window: what of them
 * becomes columns of the SELECT, and what is put around it.
 */
export type WindowOrder = {
  /** Projections to add, already named. */
  readonly projections: readonly Tree[];
  /** The SELECT's other modifiers. */
  readonly modifiers: readonly Tree[];
  readonly wrap: (select: string) => string;
};

type OrderedSelect = {
  readonly modifiers: readonly Tree[];
  readonly projections: readonly Tree[];
  /** The names of what it gives, one for each projection where there are no stars. */
  readonly columns: readonly StateColumn[];
};

export async function windowOrder(select: OrderedSelect, engine: TreeEngine): Promise<WindowOrder> {
  const { modifiers } = select;
  const order = modifiers.find(({ type }) => type === 'ORDER_MODIFIER');
  const limit = modifiers.find(({ type }) => type === 'LIMIT_MODIFIER');
  const percent = modifiers.find(({ type }) => type === 'LIMIT_PERCENT_MODIFIER');
  if (percent !== undefined) {
    refuse('LIMIT of a share cannot run on a stream.', 'Write a number of rows.', percent);
  }
  const firsts = modifiers.find((one) => treesOf(one['distinct_on_targets']).length > 0);
  const others = modifiers.filter((one) => one !== order && one !== limit && one !== firsts);
  if (others.length === modifiers.length) {
    return { projections: [], modifiers, wrap: (text) => text };
  }
  const keys = treesOf(firsts?.['distinct_on_targets']).flatMap((expression, index) =>
    orderTerms({ expression }, `__distinct_${index}`, select),
  );
  const terms = treesOf(order?.['orders']).flatMap((one, index) =>
    orderTerms(one, `__order_${index}`, select),
  );
  const added = [...keys, ...terms].filter(({ expression }) => expression !== undefined);
  if (added.length > 0 && others.length > 0) {
    const hint = 'Select what ORDER BY names.';
    refuse('ORDER BY of a DISTINCT takes columns that it selects.', hint, added[0]?.expression);
  }
  const orderBy = terms.map(({ name, direction }) => `${quoteName(name)}${direction}`).join(', ');
  const first = firsts === undefined ? '' : firstOfEach(keys, orderBy);
  const condition = await limitCondition(limit, orderBy, engine);
  const own = [...select.columns.map(({ name }) => name), '__time', '__window'];
  const list = own.map(quoteName).join(', ');
  const all = ['"__window"."end"', '"__window"."start"', ...(orderBy === '' ? [] : [orderBy])];
  return {
    projections: added.flatMap(({ name, expression }) =>
      expression === undefined ? [] : [{ ...expression, alias: name }],
    ),
    modifiers: others,
    wrap: (text) => {
      const rows = first === '' ? `(${text})` : `(SELECT * FROM (${text})${first})`;
      return `SELECT ${list} FROM ${rows}${condition} ORDER BY ${all.join(', ')}`;
    },
  };
}

/** DISTINCT ON: the first row of each window with these keys. */
function firstOfEach(keys: readonly OrderTerm[], orderBy: string): string {
  const partition = ['"__window"', ...keys.map(({ name }) => quoteName(name))].join(', ');
  const order = orderBy === '' ? '' : ` ORDER BY ${orderBy}`;
  return ` QUALIFY row_number() OVER (PARTITION BY ${partition}${order}) = 1`;
}

type OrderTerm = {
  readonly name: string;
  /** To be selected under this name; undefined: a column that is there. */
  readonly expression: Tree | undefined;
  readonly direction: string;
};

function orderTerms(order: Tree, name: string, select: OrderedSelect): readonly OrderTerm[] {
  const { expression } = order;
  if (!isTree(expression)) return [];
  const direction = directionOf(order);
  const { columns } = select;
  if (isStar(expression)) {
    return columns.map((column) => ({ name: column.name, expression: undefined, direction }));
  }
  const column = columns[placeOf(expression, select)];
  return column === undefined
    ? [{ name, expression, direction }]
    : [{ name: column.name, expression: undefined, direction }];
}

/** Which of the columns an expression of ORDER BY is; −1: none. */
function placeOf(expression: Tree, { columns, projections }: OrderedSelect): number {
  const ordinal = ordinalOf(expression);
  if (ordinal !== undefined) return ordinal - 1;
  const path = pathOf(expression);
  const isAligned = projections.length === columns.length && !projections.some(isStar);
  if (path?.length === 1) {
    const place = columns.findIndex(({ name }) => isSameName(name, path[0] ?? ''));
    if (place >= 0) return place;
  }
  return isAligned ? projections.findIndex((one) => sameTree(one, expression)) : -1;
}

function directionOf(order: Tree): string {
  const direction = order['type'] === 'DESCENDING' ? ' DESC' : '';
  const nulls = textOf(order['null_order']);
  return nulls.startsWith('NULLS ') ? `${direction} ${nulls}` : direction;
}

async function limitCondition(
  modifier: Tree | undefined,
  orderBy: string,
  engine: TreeEngine,
): Promise<string> {
  if (modifier === undefined) return '';
  const over = orderBy === '' ? '' : ` ORDER BY ${orderBy}`;
  const row = `row_number() OVER (PARTITION BY "__window"${over})`;
  const { limit, offset } = modifier;
  const from = isTree(offset) ? await engine.printExpression(offset) : '0';
  const to = isTree(limit) ? `${row} <= (${from}) + (${await engine.printExpression(limit)})` : '';
  const conditions = [...(isTree(offset) ? [`${row} > (${from})`] : []), ...(to ? [to] : [])];
  return ` QUALIFY ${conditions.join(' AND ')}`;
}
