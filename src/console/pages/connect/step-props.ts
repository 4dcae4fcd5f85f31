import type { Draft, StepName } from './draft/draft.ts';

/** What every step is given. */
export type StepProps = {
  readonly draft: Draft;
  readonly change: (next: (before: Draft) => Draft) => void;
  readonly goTo: (step: StepName) => void;
};
