import { HeliosError } from '../../base/errors.ts';
import type { Script } from '../../sql/script.ts';
import type { Plan } from './plan.ts';

/** A script without what its EXPLAIN doesn't ask about; without one, as it is. */
export function explainedPart(script: Script): Script {
  const { explained, inserts, sinks, memoryTables } = script;
  if (explained.length === 0) return script;
  const isMemory = (name: string | undefined): boolean =>
    memoryTables.some((table) => table.name === name);
  return {
    ...script,
    inserts: inserts.filter((insert) => explained.includes(insert) || isMemory(insert.target)),
    sinks: sinks.filter(({ name }) => explained.some(({ target }) => target === name)),
  };
}

/** A script with EXPLAIN is planned, and doesn't run. `invalid_sql`. */
export function refuseExplain({ script }: Plan): void {
  const [first] = script.explained;
  if (first === undefined) return;
  throw new HeliosError('invalid_sql', 'EXPLAIN shows a plan: there is nothing to run.', {
    hint: 'Leave EXPLAIN out. `helios run` and `helios pipeline validate --plan` answer it.',
    position: first.position,
  });
}
