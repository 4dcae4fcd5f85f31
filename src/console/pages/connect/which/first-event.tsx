import { type ReactNode, useEffect, useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import type {
  PeekAnswerDocument,
  PeekedRecordAnswer,
} from '../../../../server/discovery/discovery-answers.ts';
import { useCurl } from '../../../access/use-door.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { after } from '../../../clock.ts';
import { Copyable } from '../../../parts/copyable.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { valueText } from '../what/value-text.ts';

const waitMs = 20_000;
const pauseMs = 1000;

/** How to send an event, and a line that waits for the first one and shows it. */
export function FirstEvent({
  stream,
  goOn,
}: {
  readonly stream: string;
  readonly goOn: () => void;
}): ReactNode {
  const { event, error } = useFirstEvent(stream);
  return (
    <>
      <p className="connect-words">
        Send JSON to this address: one object, an array of them, or one object a line.
      </p>
      <Copyable text={curlOf(stream, useCurl())} what="the command" />
      {error !== undefined && <Failure error={error} />}
      <div className={event === undefined ? 'notice' : 'notice hot'} aria-live="polite">
        {event === undefined ? (
          <p>
            Waiting for the first event of <code>{stream}</code> …
          </p>
        ) : (
          <div className="connect-first">
            <p>
              <strong>An event is there.</strong>
            </p>
            <pre>{valueText(event.value).slice(0, shownMax)}</pre>
          </div>
        )}
      </div>
      <div className="connect-actions">
        <button type="button" className="button main" onClick={goOn}>
          {event === undefined ? 'Go on without' : 'Look at the events'}
        </button>
      </div>
    </>
  );
}

const shownMax = 2000;

function curlOf(stream: string, curl: string): string {
  const url = `${location.origin}/ingest/${encodeURIComponent(stream)}`;
  return `${curl} ${url} -d '{"id": 1, "product": "lamp", "price": 39.90}'`;
}

/** The newest event there is, as soon as there is one. */
function useFirstEvent(stream: string): {
  readonly event: PeekedRecordAnswer | undefined;
  readonly error: ErrorBody | undefined;
} {
  const [state, setState] = useState<{ event?: PeekedRecordAnswer; error?: ErrorBody }>({});
  useEffect(() => {
    const stop = new AbortController();
    let cancel = (): void => undefined;
    const path = `/api/v1/streams/${encodeURIComponent(stream)}/records?count=1&wait_ms=${waitMs}`;
    const look = async (): Promise<void> => {
      try {
        const { records } = await request<PeekAnswerDocument>(path, { signal: stop.signal });
        if (stop.signal.aborted) return;
        const [event] = records;
        setState(event === undefined ? {} : { event });
        if (event !== undefined) return;
      } catch (thrown) {
        if (stop.signal.aborted) return;
        setState({ error: errorBodyOf(thrown) });
      }
      cancel = after(pauseMs, () => void look());
    };
    void look();
    return () => {
      stop.abort();
      cancel();
    };
  }, [stream]);
  return { event: state.event, error: state.error };
}
