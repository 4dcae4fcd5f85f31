import type { MemoryTable, ScriptError, SourceTable, View } from '../../../sql/script.ts';

/** Columns that rows have beside the script's own, and that groups, joins and ORDER BY add. */
const columnNames = /^__(time|window|key|weight|row|seen|us|bin|(k|c|order_|distinct_)\d+)$/i;

/** Relations of a dataflow. */
const relationNames = /^__(rows(_\d+)?|node_\d+|closed_\d+|[lr])$/i;

/** A column of a script whose name would be taken for one of Helios's own. */
export function isReservedColumn(name: string): boolean {
  return columnNames.test(name);
}

export function reservedMessage(name: string): string {
  return `The name ${name} is Helios's own in windows, groups and joins.`;
}

export const reservedHint = 'Give it another name.';

/** Of a table of a script with windows, groups or joins. */
export function reservedNames(table: SourceTable | MemoryTable): readonly ScriptError[] {
  const { position } = table;
  const hint = 'Leave the column out, or call it otherwise.';
  const columns = table.columns
    .filter(({ name }) => isReservedColumn(name))
    .map(({ name }) => ({ message: reservedMessage(name), hint, position }));
  return [...columns, ...reservedRelation(table)];
}

export function reservedRelation({
  name,
  position,
}: Pick<View, 'name' | 'position'>): readonly ScriptError[] {
  if (!relationNames.test(name)) return [];
  return [{ message: reservedMessage(name), hint: reservedHint, position }];
}
