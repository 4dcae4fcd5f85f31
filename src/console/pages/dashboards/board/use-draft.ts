import { useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import type { DashboardAnswer, DashboardBody } from '../../../../server/library/library-api.ts';
import { ApiError, errorBodyOf, request } from '../../../api/request.ts';
import { dashboardDocument } from '../address.ts';
import { keepDraft, keptDraft } from './kept-draft.ts';

/** Changes that are not saved, and what saving them met. */
export type Draft = {
  /** What is shown: the changes, or the document without any. */
  readonly body: DashboardBody;
  readonly isChanged: boolean;
  /** Somebody else saved since these changes were begun. */
  readonly isBehind: boolean;
  readonly error: ErrorBody | undefined;
  /** The browser keeps nothing: leaving the page loses the changes. */
  readonly isFleeting: boolean;
  change(body: DashboardBody): void;
  discard(): void;
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
  const { draft } = state;
  const set = (next: typeof draft): void => {
    setError(undefined);
    setState({ draft: next, isFleeting: !keepDraft(path, next) });
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
    isFleeting: state.isFleeting,
    change: (body) => set({ version: draft?.version ?? version, body }),
    discard: () => set(undefined),
    save,
  };
}
