import { duckdbType } from '../../engine/types.ts';
import type { Schema } from '../../event/schema.ts';
import type { SinkConnector } from '../../sql/script.ts';
import type { Output, Plan } from '../plan/plan.ts';

export type SinkChange = {
  readonly table: string;
  /**
   * `kept`: rows go on as they do. `changed`: with other columns. `moved`: to another place.
   * `removed`: no more rows come; those that are there stay.
   */
  readonly effect: 'kept' | 'changed' | 'moved' | 'new' | 'removed';
  /** Those that differ. */
  readonly columns: readonly ColumnChange[];
};

/** `before` undefined: the column is new; `after` undefined: it is no more. Types of DuckDB. */
export type ColumnChange = {
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
};

/** What becomes of where a pipeline writes. */
export function sinkChanges(before: Plan | undefined, after: Plan): readonly SinkChange[] {
  const known = new Map((before?.outputs ?? []).map((output) => [nameOf(output), output]));
  const standing = after.outputs.map((output): SinkChange => {
    const table = output.table.name;
    const earlier = known.get(nameOf(output));
    if (earlier === undefined) return { table, effect: 'new', columns: [] };
    const columns = columnChanges(earlier.schema, output.schema);
    const isMoved = placeOf(earlier.table.connector) !== placeOf(output.table.connector);
    if (isMoved) return { table, effect: 'moved', columns };
    return { table, effect: columns.length === 0 ? 'kept' : 'changed', columns };
  });
  const names = new Set(after.outputs.map(nameOf));
  const removed = [...known].filter(([name]) => !names.has(name));
  return [
    ...standing,
    ...removed.map(([, { table }]): SinkChange => ({
      table: table.name,
      effect: 'removed',
      columns: [],
    })),
  ];
}

/** Columns by name without regard to case, those of `after` first. */
function columnChanges(before: Schema, after: Schema): readonly ColumnChange[] {
  const types = (schema: Schema): ReadonlyMap<string, string> =>
    new Map(schema.map(({ name, type }) => [name.toLowerCase(), duckdbType(type)]));
  const [old, now] = [types(before), types(after)];
  const gone = before.filter(({ name }) => !now.has(name.toLowerCase()));
  return [...after, ...gone].flatMap(({ name }) => {
    const key = name.toLowerCase();
    const change = { name, before: old.get(key), after: now.get(key) };
    return change.before === change.after ? [] : [change];
  });
}

function nameOf({ table }: Output): string {
  return table.name.toLowerCase();
}

function placeOf(connector: SinkConnector): string {
  const { kind } = connector;
  if ('path' in connector) return JSON.stringify([kind, connector.path]);
  if (kind === 'kafka') return JSON.stringify([kind, connector.topic, connector.connection]);
  if (kind === 'webhook') return JSON.stringify([kind, connector.endpoint]);
  return kind;
}
