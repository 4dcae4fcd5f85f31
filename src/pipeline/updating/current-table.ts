import { partColumns } from '../../sink/current-rows.ts';
import type { SelectProblem } from '../../sql/stateless.ts';
import type { Output } from '../plan/plan.ts';

type Problem = Pick<SelectProblem, 'message' | 'hint'>;

/** Why rows that change can't be kept current in a Delta table. */
export function currentTableProblem(
  { table, schema }: Output,
  keys: readonly string[] | undefined,
): Problem | undefined {
  const { connector, name } = table;
  if (connector.kind !== 'delta') return undefined;
  if (keys === undefined) {
    return {
      message: `By what the rows of ${name} change together is not among its columns.`,
      hint:
        'Select what they are grouped or joined by, as it is. Rows of several INSERTs and of ' +
        'UNION ALL can only be told apart by a GROUP BY or SELECT DISTINCT over them.',
    };
  }
  if (connector.timePartitionPattern !== undefined) {
    return {
      message: `The rows of ${name} change, and can't stay in folders by their time.`,
      hint: 'Leave time_partition_pattern out, or use partition_fields.',
    };
  }
  if (connector.properties?.['delta.appendOnly'] === 'true') {
    return {
      message: `The rows of ${name} change, and delta.appendOnly would keep them from that.`,
      hint: 'Leave delta.appendOnly out.',
    };
  }
  const taken = schema.find((column) => partColumns.includes(column.name.toLowerCase()));
  if (taken === undefined) return undefined;
  return {
    message: `${name} is kept current, and ${taken.name} is a name that this needs itself.`,
    hint: 'Give the column another name.',
  };
}
