import type { SelectProblem } from '../../sql/stateless.ts';
import { placeIn } from '../../sql/tree/tree.ts';

/** A SELECT can't be made a part of a dataflow, and where in its text that lies. */
export class Refusal extends Error {
  readonly problem: SelectProblem;

  constructor(problem: SelectProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** A SELECT reads what was refused before: of it there is nothing to say. */
export class ReadsRefused extends Error {}

/** `at`: the node whose first place is shown. */
export function refuse(message: string, hint: string | undefined, at: unknown): never {
  throw new Refusal({ message, hint, byteOffset: placeIn(at) });
}

export const addWindow: string =
  "Group by a window: GROUP BY tumble(interval '1 minute'), …. Or write the rows to a table, " +
  'and run this as a query over it.';
