import { outputSelect, type Plan } from '../plan/plan.ts';

/** SQL that each record of the sources it reads goes through by itself. */
export type RecordSelect = {
  readonly reads: readonly string[];
  /** Over SELECTs of the field columns, by source; of sources that are not among them, no rows. */
  readonly text: (records: ReadonlyMap<string, string>) => string;
};

/** Of a plan that keeps nothing: its outputs. */
export function outputSelects(
  plan: Plan,
  columnsOf: (output: number) => string,
): readonly RecordSelect[] {
  return plan.outputs.map((output, index) => ({
    reads: output.reads,
    text: (records) => outputSelect(plan, output, records, columnsOf(index)).text,
  }));
}
