import { useEffect, useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import type {
  QuarantineReplayBody,
  ReplayAnswer,
} from '../../../../server/quarantine/quarantine-api.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { after } from '../../../clock.ts';
import { go, usePlace, withSearch } from '../../../place.ts';

const everyMs = 500;

export type RunningReplay = {
  /** The one that the address names, as it is now. */
  readonly replay: ReplayAnswer | undefined;
  /** Why it could not begin, or could not be asked for. */
  readonly error: ErrorBody | undefined;
  readonly start: (body: QuarantineReplayBody) => void;
};

/**
 * A replay that is begun here, or that the address names: it goes on when the page is loaded anew.
 * `onDone` is called when it is found to have ended.
 */
export function useReplay(onDone: () => void): RunningReplay {
  const place = usePlace();
  const id = place.search.get('replay');
  const [refusal, setRefusal] = useState<ErrorBody>();
  const [state, setState] = useState<{ replay?: ReplayAnswer; error?: ErrorBody }>({});
  useEffect(() => {
    if (id === null) return undefined;
    const stop = new AbortController();
    let cancel = (): void => undefined;
    const ask = async (): Promise<void> => {
      const path = `/api/v1/quarantine/replays/${encodeURIComponent(id)}`;
      try {
        const replay = await request<ReplayAnswer>(path, { signal: stop.signal });
        if (stop.signal.aborted) return;
        setState({ replay });
        if (replay.state === 'done') return onDone();
      } catch (thrown) {
        if (stop.signal.aborted) return;
        const error = errorBodyOf(thrown);
        setState((before) => ({ ...before, error }));
        if (error.code === 'not_found') return;
      }
      cancel = after(everyMs, () => void ask());
    };
    void ask();
    return () => {
      stop.abort();
      cancel();
    };
  }, [id, onDone]);
  const start = (body: QuarantineReplayBody): void => {
    setRefusal(undefined);
    request<ReplayAnswer>('/api/v1/quarantine/replay', { body }).then(
      (begun) => go(withSearch(place, { replay: begun.id, page: undefined }), 'replace'),
      (thrown: unknown) => setRefusal(errorBodyOf(thrown)),
    );
  };
  const replay = state.replay?.id === id ? state.replay : undefined;
  return { replay, error: refusal ?? (id === null ? undefined : state.error), start };
}
