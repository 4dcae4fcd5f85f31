import { type ReactNode, useEffect, useState } from 'react';
import { live } from '../../api/live-socket.ts';
import { Link } from '../../link.tsx';

const shownCharactersMax = 2000;

/** Waits for the first event of the stream `events`, and shows it. */
export function FirstEvent(): ReactNode {
  const [event, setEvent] = useState<string>();
  useEffect(
    () =>
      live.subscribe({ kind: 'tail', stream: 'events' }, (told) => {
        if (told.kind !== 'lines') return;
        const [line] = told.lines;
        if (line !== undefined) setEvent((before) => before ?? line);
      }),
    [],
  );
  return (
    <div className="home-first" role="status">
      {event === undefined ? (
        <span className="state waiting">
          <span className="mark" aria-hidden="true">
            ●
          </span>
          Waiting for the first event; it is shown here
        </span>
      ) : (
        <>
          <p>Here it is: your first event.</p>
          <pre>{event.slice(0, shownCharactersMax)}</pre>
          <p>
            <Link href="/streams/events">Look at the stream</Link>, or{' '}
            <Link href="/pipelines">make a pipeline of it</Link>, so that SQL answers over it.
          </p>
        </>
      )}
    </div>
  );
}
