import type { ReactNode } from 'react';
import { Failure } from '../../../parts/failure.tsx';
import { lastPart } from './saved-query.ts';
import type { Saving } from './use-saving.ts';

/** That somebody else has changed what is saved, or why it could not be; nothing is overwritten. */
export function SavedNotice({
  saving,
  path,
}: {
  readonly saving: Saving;
  readonly path: string;
}): ReactNode {
  const { standing, error } = saving;
  return (
    <>
      {error !== undefined && (
        <div className="sql-notice-failure">
          <Failure error={error}>
            <div className="actions">
              <Choice name="Try again" onChoose={saving.save} />
              <Choice name="Not now" onChoose={saving.dismiss} />
            </div>
          </Failure>
        </div>
      )}
      {standing !== 'same' && (
        <div className="notice hot sql-notice" role="status">
          {standing === 'behind' ? (
            <Behind saving={saving} path={path} />
          ) : (
            <Gone saving={saving} path={path} />
          )}
        </div>
      )}
    </>
  );
}

type NoticeProps = { readonly saving: Saving; readonly path: string };

function Behind({ saving, path }: NoticeProps): ReactNode {
  return (
    <>
      <div>
        <p>
          <b className="sql-path">{lastPart(path)}</b> was saved by somebody else since you opened
          it.
        </p>
        <p>Nothing is written over unless you say so. Yours is kept in this browser.</p>
      </div>
      <div className="actions">
        <Choice name="Look at theirs" onChoose={saving.lookAtTheirs} />
        <Choice name="Take theirs" onChoose={saving.takeTheirs} />
        <Choice name="Keep mine" onChoose={saving.keepMine} />
        <Choice name="Save mine as…" onChoose={saving.saveAs} />
      </div>
    </>
  );
}

function Gone({ saving, path }: NoticeProps): ReactNode {
  return (
    <>
      <div>
        <p>
          <b className="sql-path">{path}</b> was deleted or moved by somebody else.
        </p>
        <p>Its text is still here.</p>
      </div>
      <div className="actions">
        <Choice name="Save it there again" onChoose={saving.keepMine} />
        <Choice name="Save as…" onChoose={saving.saveAs} />
        <Choice name="Leave it unsaved" onChoose={saving.letGo} />
      </div>
    </>
  );
}

function Choice({ name, onChoose }: { name: string; onChoose: () => void }): ReactNode {
  return (
    <button type="button" className="button" onClick={onChoose}>
      {name}
    </button>
  );
}
