import { useEffect, useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import type { DashboardAnswer, DashboardBody } from '../../../../server/library/library-api.ts';
import { ApiError, errorBodyOf, request } from '../../../api/request.ts';
import { dashboardDocument } from '../address.ts';
import { keepDraft, keptDraft, listenToDraft } from './kept-draft.ts';

/** Changes that are not saved, and what saving them met. */
export type Draft = {
  /** What is shown: the changes, or the document without any. */
  readonly body: DashboardBody;
  readonly isChanged: boolean;
  /** Somebody else saved since these changes were begun. */
  readonly isBehind: boolean;
  readonly error: ErrorBody | undefined;
  /** Another tab of this browser has changed the same dashboard: what is kept is that tab's. */
  readonly isElsewhere: boolean;
  /** The browser keeps nothing: leaving the page loses the changes. */
  readonly isFleeting: boolean;
  change(body: DashboardBody): void;
  discard(): void;
  /** In place of the changes here: what the other tab keeps. */
  takeElsewhere(): void;
  /** In place of what the other tab keeps: the changes here. */
  keepHere(): void;
  /** `over`: over whatever is there. True when it is saved. */
  save(how?: 'over'): Promise<boolean>;
};

/** Changes of a dashboard; the browser keeps them until they are saved or discarded. */
export function useDraft(document: DashboardAnswer, onSaved: () => void): Draft {
  const [answered, setAnswered] = useState<DashboardAnswer>();
  // What was just saved is newer than what was asked for before.
  const isNewer = answered !== undefined && answered.changed_at > document.changed_at;
  const { path, version, changed_at: _changedAt, ...saved } = isNewer ? answered : document;
  const [state, setState] = useState(() => ({ draft: keptDraft(path), isFleeting: false }));
  const [error, setError] = useState<ErrorBody>();
  const [isElsewhere, setElsewhere] = useState(false);
  const { draft } = state;
  const set = (next: typeof draft): void => {
    setError(undefined);
    setElsewhere(false);
    setState({ draft: next, isFleeting: !keepDraft(path, next) });
  };
  useEffect(
    () =>
      listenToDraft(path, () => {
        const there = keptDraft(path);
        const isSame = JSON.stringify(there) === JSON.stringify(draft);
        // Who has changed nothing here goes on with what is kept.
        if (draft === undefined) setState({ draft: there, isFleeting: false });
        else setElsewhere(!isSame);
      }),
    [path, draft],
  );
  const change = (body: DashboardBody): void => {
    const next = { version: draft?.version ?? version, body };
    // The other tab's changes stay as they are until somebody has chosen.
    if (isElsewhere) setState({ ...state, draft: next });
    else set(next);
  };
  const save = async (how?: 'over'): Promise<boolean> => {
    if (draft === undefined) return true;
    try {
      const answer = await request<DashboardAnswer>(dashboardDocument(path), {
        method: 'PUT',
        body: draft.body,
        version: how === 'over' ? version : draft.version,
      });
      setAnswered(answer);
      set(undefined);
      onSaved();
      return true;
    } catch (thrown) {
      const isConflict = thrown instanceof ApiError && thrown.status === 409;
      if (isConflict) onSaved();
      setError(errorBodyOf(thrown));
      return false;
    }
  };
  return {
    body: draft?.body ?? saved,
    isChanged: draft !== undefined,
    isBehind: draft !== undefined && draft.version !== version,
    error,
    isElsewhere,
    isFleeting: state.isFleeting,
    change,
    discard: () => set(undefined),
    takeElsewhere: () => set(keptDraft(path)),
    keepHere: () => set(draft),
    save,
  };
}
