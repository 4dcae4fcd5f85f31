import type { ReactNode } from 'react';
import type { AlertAnswer } from '../../../../server/alerts/alerts-api.ts';
import { Ago } from '../../../parts/ago.tsx';

type Watched = AlertAnswer['pipelines'][number];

/** How one pipeline stands to an alert's threshold. */
export function WatchedState({ watched }: { readonly watched: Watched }): ReactNode {
  const { state, since, told } = watched;
  if (state === 'quiet' || since === undefined) return <span className="quiet">below</span>;
  return (
    <>
      <span className={state === 'over' ? 'chip rejected' : 'chip'}>
        {state === 'over' ? 'above' : 'back below'}
      </span>{' '}
      since <Ago at={since} />
      {told === true ? ', told' : ', not told yet'}
    </>
  );
}

/** How an alert stands: the pipelines that are above its threshold, by name. */
export function AlertState({ alert }: { readonly alert: AlertAnswer }): ReactNode {
  const { pipeline, pipelines } = alert;
  if (pipelines.length === 0) {
    const none = pipeline === undefined ? 'no pipeline yet' : `no pipeline named ${pipeline}`;
    return <span className="quiet">{none}: nothing is watched</span>;
  }
  const loud = pipelines.filter(({ state }) => state !== 'quiet');
  if (loud.length === 0) return <span className="quiet">below</span>;
  return loud.map((watched) => (
    <span key={watched.pipeline}>
      {pipelines.length > 1 && `${watched.pipeline}: `}
      <WatchedState watched={watched} />
    </span>
  ));
}
