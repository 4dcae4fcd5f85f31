import { type ReactNode, useEffect } from 'react';
import type { DashboardAnswer } from '../../../../server/library/library-api.ts';
import { useMay } from '../../../access/use-door.ts';
import { go, usePlace, withSearch } from '../../../place.ts';
import { BoardEditor } from '../edit/board-editor.tsx';
import { boardPlace } from './board-place.ts';
import { BoardBar } from './board-bar.tsx';
import { BoardGrid } from './board-grid.tsx';
import { useDraft } from './use-draft.ts';

const tickDefaultMs = 1000;

/** A dashboard to look at, or to change. */
export function Board({
  document: answer,
  isGone,
  reload,
}: {
  readonly document: DashboardAnswer;
  readonly isGone: boolean;
  readonly reload: () => void;
}): ReactNode {
  const place = usePlace();
  const draft = useDraft(answer, reload);
  const { body } = draft;
  const maySave = useMay('save');
  const placed = boardPlace(place, body.last);
  const look = { ...placed, isEditing: placed.isEditing && maySave };
  useFullScreen(look.isFull);
  const defaults = Object.fromEntries(
    (body.variables ?? []).map(({ name, value }) => [name, value]),
  );
  const asking = {
    range: look.range,
    typed: { ...defaults, ...look.typed },
    tickMs: body.refresh_ms ?? tickDefaultMs,
    isPaused: look.isPaused,
    onRange,
  };
  return (
    <section className={look.isFull ? 'board full' : 'board'}>
      <BoardBar title={answer.path} look={look} typed={asking.typed} body={body} set={set} />
      {isGone && (
        <div className="notice" role="status">
          <p>This dashboard was deleted. What is seen here is the last of it.</p>
        </div>
      )}
      {look.isEditing ? (
        <BoardEditor draft={draft} asking={asking} onLeave={() => set({ edit: undefined })} />
      ) : (
        <>
          {draft.isChanged && maySave && (
            <div className="notice" role="status">
              <p>These panels have changes of yours that are not saved.</p>
              <button type="button" className="button" onClick={() => set({ edit: '1' })}>
                Go on editing
              </button>
            </div>
          )}
          <BoardGrid panels={body.panels} asking={asking} />
        </>
      )}
      {body.panels.length === 0 && !look.isEditing && (
        <p className="quiet">
          No panels yet.{' '}
          {maySave && (
            <button type="button" className="button" onClick={() => set({ edit: '1' })}>
              Add the first
            </button>
          )}
        </p>
      )}
    </section>
  );
}

/** Changes the address as it is now: a listener may be older than the last change. */
function set(changes: Readonly<Record<string, string | undefined>>): void {
  const place = { path: location.pathname, search: new URLSearchParams(location.search) };
  go(withSearch(place, changes), 'replace');
}

/** A step of its own: the browser's way back leads to the range of before. */
function onRange(fromMs: number, toMs: number): void {
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
  const place = { path: location.pathname, search: new URLSearchParams(location.search) };
  go(withSearch(place, { last: undefined, from, to }));
}

function leaveFullScreen(): void {
  set({ full: undefined });
}

/** The browser's own full screen goes along where it is allowed; Escape ends both. */
function useFullScreen(isFull: boolean): void {
  useEffect(() => {
    if (!isFull) return;
    const onKey = ({ key }: KeyboardEvent): void => {
      if (key === 'Escape') leaveFullScreen();
    };
    const onChange = (): void => {
      if (document.fullscreenElement === null) leaveFullScreen();
    };
    // Without a click just before it is refused: the page fills the window then.
    document.documentElement.requestFullscreen().catch(() => undefined);
    window.addEventListener('keydown', onKey);
    document.addEventListener('fullscreenchange', onChange);
    return () => {
      window.removeEventListener('keydown', onKey);
      document.removeEventListener('fullscreenchange', onChange);
      if (document.fullscreenElement !== null) void document.exitFullscreen();
    };
  }, [isFull]);
}
