import { type ReactNode, useEffect, useRef } from 'react';
import { ForAdmins } from '../../access/for-admins.tsx';
import type { PageProps } from '../../frame/pages.tsx';
import { go, usePlace, withSearch } from '../../place.ts';
import { isOpen, type StepName, stepsOf } from './draft/draft.ts';
import { useDraft } from './draft/use-draft.ts';
import { StartStep } from './start/start-step.tsx';
import { StepList } from './step-list.tsx';
import type { StepProps } from './step-props.ts';
import { useSample } from './what/use-sample.ts';
import { WhatStep } from './what/what-step.tsx';
import { WhereStep } from './where/where-step.tsx';
import { kindNamed } from './where/kinds.tsx';
import { WhichStep } from './which/which-step.tsx';
import './connect.css';

/** From nothing to a table that fills: where, which, what, start. */
export function ConnectPage(_props: PageProps): ReactNode {
  return (
    <ForAdmins title="Connect a stream" what="Connecting streams">
      <Steps />
    </ForAdmins>
  );
}

function Steps(): ReactNode {
  const place = usePlace();
  const [draft, change] = useDraft(kindNamed(place.search.get('kind')));
  const steps = stepsOf(draft);
  const wanted = place.search.get('step');
  const found = steps.find((step) => step === wanted && isOpen(draft, step)) ?? 'where';
  const state = useSample(draft, found === 'what' || found === 'start');
  const title = useRef<HTMLHeadingElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) isFirst.current = false;
    else title.current?.focus();
  }, [found]);
  const goTo = (step: StepName): void => go(withSearch(place, { step, kind: undefined }));
  const props: StepProps = { draft, change, goTo };
  return (
    <div className="connect">
      <StepList draft={draft} current={found} goTo={goTo} />
      <section className="section connect-step" aria-labelledby="connect-title">
        <header>
          <h1 id="connect-title" ref={title} tabIndex={-1}>
            {draft.kind === 'http' && found === 'which' ? 'Send a first event' : titles[found]}
          </h1>
        </header>
        {found === 'where' && <WhereStep {...props} />}
        {found === 'which' && <WhichStep {...props} />}
        {found === 'what' && <WhatStep {...props} state={state} />}
        {found === 'start' && <StartStep {...props} state={state} />}
      </section>
    </div>
  );
}

const titles: Readonly<Record<StepName, string>> = {
  where: 'Where do events come from?',
  which: 'Which of them?',
  what: 'What is in them?',
  start: 'Name it and start',
};
