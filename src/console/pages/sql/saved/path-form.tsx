import { type FormEvent, type ReactNode, useId, useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import { errorBodyOf } from '../../../api/request.ts';
import { Dialog } from '../../../parts/dialog.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { folderOf, folderPaths, lastPart, pathOf, type SavedEntry } from './saved-query.ts';

/** Asks for a name and a folder, and does with them what its button says. */
export function PathForm({
  title,
  action,
  path,
  entries,
  onTake,
  onReplace,
  onClose,
  children,
}: {
  readonly title: string;
  /** What the button says. */
  readonly action: string;
  /** What is in the fields at first. */
  readonly path: string;
  readonly entries: readonly SavedEntry[];
  /** A rejection is shown, and the form stays. */
  readonly onTake: (path: string) => Promise<void>;
  /** Where something has that path: in its place, if it may be. */
  readonly onReplace?: ((path: string, version: string) => Promise<void>) | undefined;
  readonly onClose: () => void;
  /** More fields. */
  readonly children?: ReactNode;
}): ReactNode {
  const [name, setName] = useState(lastPart(path));
  const [folder, setFolder] = useState(folderOf(path));
  const [error, setError] = useState<ErrorBody>();
  const wanted = pathOf(folder, name);
  const attempt = (take: () => Promise<void>): void => {
    setError(undefined);
    take().then(onClose, (thrown: unknown) => setError(errorBodyOf(thrown)));
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    attempt(() => onTake(wanted));
  };
  const version = error?.code === 'already_exists' ? error.details?.['version'] : undefined;
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="sql-path-form" onSubmit={onSubmit}>
        <PathFields {...{ name, folder, entries }} onName={setName} onFolder={setFolder} />
        {children}
        {error !== undefined && (
          <Failure error={error}>
            {typeof version === 'string' && onReplace !== undefined && (
              <button
                type="button"
                className="button danger"
                onClick={() => attempt(() => onReplace(wanted, version))}
              >
                Replace that one
              </button>
            )}
          </Failure>
        )}
        <div className="sql-path-buttons">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button main" disabled={name.trim() === ''}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function PathFields({
  name,
  folder,
  entries,
  onName,
  onFolder,
}: {
  readonly name: string;
  readonly folder: string;
  /** Their folders are offered. */
  readonly entries: readonly SavedEntry[];
  readonly onName: (name: string) => void;
  readonly onFolder: (folder: string) => void;
}): ReactNode {
  const listId = useId();
  return (
    <>
      <label className="field">
        <span className="label">Name</span>
        <input
          className="input"
          value={name}
          onChange={({ target }) => onName(target.value)}
          maxLength={200}
          required
        />
      </label>
      <label className="field">
        <span className="label">Folder</span>
        <input
          className="input"
          value={folder}
          list={listId}
          placeholder="None; folders in folders are written a/b"
          onChange={({ target }) => onFolder(target.value)}
          maxLength={800}
        />
        <datalist id={listId}>
          {folderPaths(entries).map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </label>
    </>
  );
}
