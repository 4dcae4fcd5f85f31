import { assert } from '../../base/assert.ts';
import { quoteName } from '../../engine/types.ts';
import type { Insert, SelectText, SinkColumn } from '../../sql/script.ts';
import { insertBody } from '../plan/insert-body.ts';
import { changeEvents, insertEvents } from '../updating/change-events.ts';
import type { RelationSql, RowKind } from './dataflow.ts';
import { hiddenAs, hiddenNames, type Relation } from './relation.ts';

/** An INSERT, and what its SELECT was compiled to. */
export type InsertedRelation = { readonly insert: Insert; readonly relation: Relation };

export type InsertTarget = {
  readonly columns: readonly SinkColumn[] | undefined;
  /** Rows go on with their hidden columns. */
  readonly hidden?: RowKind | undefined;
  /** Rows become Debezium's events. */
  readonly takesEvents?: boolean | undefined;
};

/** All INSERTs into one table, which are known to fit it, as one SELECT. */
export function insertSql(
  inserts: readonly InsertedRelation[],
  { columns, hidden, takesEvents }: InsertTarget,
): RelationSql {
  const names = hidden === undefined ? [] : hiddenNames(hidden);
  const described = inserts.map(({ insert, relation }, index) => {
    const branch = inserts.length === 1 ? undefined : index;
    const more = hidden === undefined ? [] : hiddenAs(relation, hidden, branch);
    const select = selectOf(insert, relation, more);
    return { insert: { ...insert, select }, schema: relation.columns };
  });
  const body = insertBody(described, columns, names);
  assert(body.kind === 'ok', 'An INSERT that was checked does not fit its table.');
  const schema = columns ?? inserts[0]?.relation.columns ?? [];
  const events = hidden === 'changes' ? changeEvents : insertEvents;
  const pieces = takesEvents === true ? events(body.body, schema).body : body.body;
  const text = pieces.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join('');
  return { text, reads: [...new Set(inserts.map(({ relation }) => relation.name))] };
}

function selectOf(insert: Insert, relation: Relation, hidden: readonly string[]): SelectText {
  const own = relation.columns.map(({ name }) => quoteName(name));
  const text = `SELECT ${[...own, ...hidden].join(', ')} FROM ${quoteName(relation.name)}`;
  return { text, positionAt: () => insert.position };
}
