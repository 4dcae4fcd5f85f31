import type { ReactNode } from 'react';
import { type Draft, isOpen, sourceOf, type StepName, stepsOf, tableOf } from './draft/draft.ts';

/** The steps, what was answered in each, and the way back to it. */
export function StepList({
  draft,
  current,
  goTo,
}: {
  readonly draft: Draft;
  readonly current: StepName;
  readonly goTo: (step: StepName) => void;
}): ReactNode {
  return (
    <nav className="connect-steps" aria-label="Steps">
      <ol>
        {stepsOf(draft).map((step, index) => {
          const answer = answerOf(draft, step);
          return (
            <li key={step}>
              <button
                type="button"
                disabled={!isOpen(draft, step)}
                aria-current={step === current ? 'step' : undefined}
                onClick={() => goTo(step)}
              >
                <span className="number">{index + 1}</span>
                <span className="what">
                  {words[step]}
                  {answer !== undefined && (
                    <span className="quiet connect-name" title={answer}>
                      {answer}
                    </span>
                  )}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

const words: Readonly<Record<StepName, string>> = {
  where: 'Where',
  which: 'Which',
  what: 'What',
  start: 'Start',
};

function answerOf(draft: Draft, step: StepName): string | undefined {
  const source = sourceOf(draft);
  if (step === 'where') return draft.connections[draft.kind] ?? kindWords[draft.kind];
  if (step === 'which') return source?.stream;
  if (step === 'start') return tableOf(draft).name;
  const edited = Object.keys(tableOf(draft).columns).length;
  return edited === 0 ? undefined : `${edited} changed`;
}

const kindWords: Readonly<Record<Draft['kind'], string>> = {
  kinesis: 'Kinesis',
  kafka: 'Kafka',
  confluent: 'Confluent Cloud',
  http: 'HTTP',
  files: 'Files',
};
