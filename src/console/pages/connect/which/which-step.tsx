import type { ReactNode } from 'react';
import type { StepProps } from '../step-props.ts';
import { FirstEvent } from './first-event.tsx';
import { StreamChoice } from './stream-choice.tsx';

/** Step 2: the stream among those of the connection; of HTTP, its address and first event. */
export function WhichStep(props: StepProps): ReactNode {
  const { kind, connections, streams } = props.draft;
  if (kind === 'http') {
    const stream = streams['http'];
    if (stream === undefined) return null;
    return <FirstEvent key={stream} stream={stream} goOn={() => props.goTo('what')} />;
  }
  const connection = connections[kind];
  return connection === undefined ? null : (
    <StreamChoice key={connection} connection={connection} {...props} />
  );
}
