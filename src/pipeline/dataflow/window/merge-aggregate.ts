import { isExpression, textOf, type Tree, treesOf } from '../../../sql/tree/tree.ts';
import type { Merge } from '../dataflow.ts';
import type { TreeEngine } from '../tree-engine.ts';

/** A column of merged state: its value for one row, and how values become one. */
export type Partial = { readonly name: string; readonly tree: Tree; readonly merge: Merge };

export type MergedAggregate = {
  readonly partials: readonly Partial[];
  /** What takes the aggregate's place over the merged rows. */
  readonly combined: Tree;
};

type Facts = {
  /** The first partial's name, from which others are made. */
  readonly name: string;
  /** DuckDB's types of what the aggregate gives and takes. */
  readonly result: string;
  readonly argument: string;
};

/**
 * An aggregate as one of partial aggregates: undefined where that isn't the same, or isn't exact.
 * FILTER becomes part of each row's value.
 */
export async function mergeOf(
  call: Tree,
  facts: Facts,
  engine: TreeEngine,
): Promise<MergedAggregate | undefined> {
  const orders = call['order_bys'];
  const isOrdered = isOrderedBy(orders);
  const children = treesOf(call['children']);
  if (call['distinct'] === true || isOrdered || children.length > 1) return undefined;
  const [argument] = children;
  const value = argument === undefined ? '' : await engine.printExpression(argument);
  const { filter } = call;
  const kept = isExpression(filter) ? `(${await engine.printExpression(filter)})` : 'true';
  const sql = mergeSql(textOf(call['function_name']).toLowerCase(), { ...facts, value, kept });
  if (sql === undefined) return undefined;
  const partials: Partial[] = [];
  for (const { name, text, merge } of sql.partials) {
    partials.push({ name, tree: await engine.parseExpression(text), merge });
  }
  return { partials, combined: await engine.parseExpression(sql.combined) };
}

function isOrderedBy(orders: unknown): boolean {
  const list =
    typeof orders === 'object' && orders !== null && 'orders' in orders ? orders.orders : [];
  return treesOf(list).length > 0;
}

type MergeSql = {
  readonly partials: readonly {
    readonly name: string;
    readonly text: string;
    readonly merge: Merge;
  }[];
  readonly combined: string;
};

type CallSql = Facts & {
  readonly value: string;
  /** Whether the row counts at all. */
  readonly kept: string;
};

function mergeSql(name: string, call: CallSql): MergeSql | undefined {
  const { value, kept, result } = call;
  switch (name) {
    case 'count_star':
      return countSql(kept, call);
    case 'count':
      return countSql(value === '' ? kept : `${kept} AND (${value}) IS NOT NULL`, call);
    case 'count_if':
    case 'countif':
      return countSql(`${kept} AND (${value})`, call);
    case 'sum':
      return sumType(call) === undefined ? undefined : keptSql('sum', sumType(call), call);
    case 'min':
    case 'max':
    case 'bool_and':
    case 'bool_or':
      return keptSql(name, result === 'HUGEINT' ? 'DECIMAL(38,0)' : result, call);
    case 'avg':
    case 'mean':
      return averageSql(call);
    default:
      return undefined;
  }
}

function countSql(condition: string, { name, result }: CallSql): MergeSql {
  const text = `CAST(CASE WHEN ${condition} THEN 1 ELSE 0 END AS BIGINT)`;
  return {
    partials: [{ name, text, merge: 'sum' }],
    combined: `CAST(sum(${name}) AS ${result})`,
  };
}

function keptSql(merge: Merge, type: string | undefined, call: CallSql): MergeSql {
  const { name, value, kept, result } = call;
  return {
    partials: [{ name, text: `CAST(CASE WHEN ${kept} THEN ${value} END AS ${type})`, merge }],
    combined: `CAST(${merge}(${name}) AS ${result})`,
  };
}

/** Sums of whole numbers are kept with 38 digits: a Parquet file has no HUGEINT. */
function sumType({ result }: CallSql): string | undefined {
  if (result === 'HUGEINT') return 'DECIMAL(38,0)';
  return result === 'DOUBLE' || result.startsWith('DECIMAL(') ? result : undefined;
}

const integers = /^U?(?:TINYINT|SMALLINT|INTEGER|BIGINT)$/;

function averageSql(call: CallSql): MergeSql | undefined {
  const { name, value, argument, result, kept } = call;
  const scale = /^DECIMAL\(\d+,(\d+)\)$/.exec(argument)?.[1];
  const isFloat = argument === 'DOUBLE' || argument === 'FLOAT';
  const isKnown = integers.test(argument) || isFloat || scale !== undefined;
  if (!isKnown || result !== 'DOUBLE') return undefined;
  const type = isFloat ? 'DOUBLE' : `DECIMAL(38,${scale ?? 0})`;
  const sum = keptSql('sum', type, call);
  const count = countSql(`${kept} AND (${value}) IS NOT NULL`, { ...call, name: `${name}_count` });
  return {
    partials: [...sum.partials, ...count.partials],
    combined: `CAST(sum(${name}) AS DOUBLE) / sum(${name}_count)`,
  };
}
