import { type ReactNode, useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import type { SavedQueryAnswer } from '../../../../server/library/library-api.ts';
import { deleteQuery, moveQuery, savedQuery, saveQuery } from '../../../api/library.ts';
import { errorBodyOf } from '../../../api/request.ts';
import { Failure } from '../../../parts/failure.tsx';
import { PathForm } from './path-form.tsx';
import { FolderItems } from './folder-items.tsx';
import { folderTree, lastPart, type SavedEntry } from './saved-query.ts';
import type { SavedQueries } from './use-saved-queries.ts';
import './saved.css';

export type SavedPaneProps = {
  readonly queries: SavedQueries;
  /** The one that the active tab is of. */
  readonly activePath: string | undefined;
  readonly onOpen: (path: string) => void;
  /** It has another path from now on. */
  readonly onMoved: (from: string, answer: SavedQueryAnswer) => void;
  /** The id of the tab that was of it. */
  readonly onDeleted: (path: string) => string | undefined;
  /** Its deletion was undone: the tab is of it again. */
  readonly onRestored: (tabId: string, answer: SavedQueryAnswer) => void;
};

/** The saved queries in their folders: found, opened, renamed, moved and deleted. */
export function SavedPane(props: SavedPaneProps): ReactNode {
  const { queries, activePath, onOpen, onMoved } = props;
  const [wanted, setWanted] = useState('');
  const [moving, setMoving] = useState<SavedEntry>();
  const deleting = useDeleting(props);
  const { entries } = queries;
  const tree = folderTree(entries ?? [], wanted);
  const isNone = tree.folders.length === 0 && tree.queries.length === 0;
  const move = async (to: string): Promise<void> => {
    if (moving === undefined) return;
    const answer = await moveQuery(moving.path, to);
    queries.changed(moving.path, answer);
    onMoved(moving.path, answer);
  };
  return (
    <div className="sql-saved">
      <input
        className="input"
        type="search"
        aria-label="Find a saved query"
        placeholder="Find a saved query"
        value={wanted}
        onChange={({ target }) => setWanted(target.value)}
      />
      {queries.error !== undefined && entries === undefined && <Failure error={queries.error} />}
      {deleting.notice}
      <FolderItems
        folder={tree}
        isOpenAll={wanted.trim() !== ''}
        activePath={activePath}
        onOpen={onOpen}
        onMove={setMoving}
        onDelete={deleting.remove}
      />
      {isNone && entries !== undefined && (
        <p className="quiet">
          {entries.length === 0
            ? 'Nothing is saved yet: Save, above the editor, keeps a query here for everybody.'
            : 'No saved query has these words.'}
        </p>
      )}
      {moving !== undefined && (
        <PathForm
          title="Rename or move"
          action="Move"
          path={moving.path}
          entries={entries ?? []}
          onTake={move}
          onClose={() => setMoving(undefined)}
        >
          <p className="quiet">
            Links to it, and dashboards’ panels that show it, have its old path.
          </p>
        </PathForm>
      )}
    </div>
  );
}

type Deleted = { readonly query: SavedQueryAnswer; readonly tabId: string | undefined };

/** Deletes at once, and brings back what was deleted last. */
function useDeleting({
  queries: { changed, again },
  onDeleted,
  onRestored,
}: Pick<SavedPaneProps, 'queries' | 'onDeleted' | 'onRestored'>): {
  readonly remove: (entry: SavedEntry) => void;
  readonly notice: ReactNode;
} {
  const [deleted, setDeleted] = useState<Deleted>();
  const [error, setError] = useState<ErrorBody>();
  const attempt = (action: () => Promise<void>): void => {
    setError(undefined);
    action().catch((thrown: unknown) => {
      setError(errorBodyOf(thrown));
      again();
    });
  };
  const remove = ({ path }: SavedEntry): void =>
    attempt(async () => {
      const whole = await savedQuery(path);
      await deleteQuery(path, whole.version);
      setDeleted({ query: whole, tabId: onDeleted(path) });
      changed(path, undefined);
    });
  const undo = (): void =>
    attempt(async () => {
      if (deleted === undefined) return;
      const { path, version: _version, changed_at: _changedAt, ...body } = deleted.query;
      const answer = await saveQuery(path, body);
      changed(path, answer);
      if (deleted.tabId !== undefined) onRestored(deleted.tabId, answer);
      setDeleted(undefined);
    });
  const notice = (
    <>
      {error !== undefined && <Failure error={error} />}
      {deleted !== undefined && (
        <div className="notice sql-deleted" role="status">
          <p>
            Deleted <b className="sql-path">{lastPart(deleted.query.path)}</b>
          </p>
          <button type="button" className="button" onClick={undo}>
            Undo
          </button>
        </div>
      )}
    </>
  );
  return { remove, notice };
}
