import type { Literal, Predicate } from '../../delta/prune/predicate.ts';
import type { Connection } from '../../engine/engine.ts';
import { quoteName } from '../../engine/types.ts';
import type { ColumnType, Schema } from '../../event/schema.ts';

/**
 * What holds for rows with keys of a relation: each key is between the least and the greatest that
 * there are of it, or NULL where one is. Of types without such an order, anything.
 */
export async function keyRange(
  connection: Connection,
  schema: Schema,
  { keys, from }: { readonly keys: readonly string[]; readonly from: string },
): Promise<Predicate> {
  const operands: Predicate[] = [];
  for (const key of keys) {
    const column = schema.find(({ name }) => name.toLowerCase() === key.toLowerCase());
    const literal = column && literalOf(column.type);
    if (column === undefined || literal === undefined) continue;
    const name = quoteName(key);
    const [row] = await connection.rows(
      `SELECT min(${name})::VARCHAR AS low, max(${name})::VARCHAR AS high,
        count(*) > count(${name}) AS has_null FROM ${from}`,
    );
    operands.push(rangeOf([column.name], literal, row ?? {}));
  }
  return { kind: 'and', operands };
}

function rangeOf(
  column: readonly string[],
  literal: (text: string) => Literal,
  { low, high, has_null: hasNull }: Readonly<Record<string, unknown>>,
): Predicate {
  const isNull: readonly Predicate[] = hasNull === true ? [{ kind: 'is_null', column }] : [];
  if (typeof low !== 'string' || typeof high !== 'string') return { kind: 'or', operands: isNull };
  const between = { kind: 'between', column, low: literal(low), high: literal(high) } as const;
  return { kind: 'or', operands: [between, ...isNull] };
}

function literalOf({ kind }: ColumnType): ((text: string) => Literal) | undefined {
  if (kind === 'text') return (text) => ({ kind: 'text', text });
  if (kind === 'integer') return (text) => ({ kind: 'exact', text });
  return undefined;
}
