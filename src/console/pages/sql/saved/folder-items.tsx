import { type ReactNode, useState } from 'react';
import { useMay } from '../../../access/use-door.ts';
import { MenuButton } from '../../../parts/floating.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { type Folder, lastPart, type SavedEntry } from './saved-query.ts';

type FolderProps = {
  readonly folder: Folder;
  /** While something is looked for, no folder hides what was found. */
  readonly isOpenAll: boolean;
  readonly activePath: string | undefined;
  readonly onOpen: (path: string) => void;
  readonly onMove: (entry: SavedEntry) => void;
  readonly onDelete: (entry: SavedEntry) => void;
};

/** What is in a folder: its folders, then its queries. */
export function FolderItems(props: FolderProps): ReactNode {
  const { folder } = props;
  return (
    <ul className="sql-tree">
      {folder.folders.map((one) => (
        <FolderItem key={one.path} {...props} folder={one} />
      ))}
      {folder.queries.map((entry) => (
        <QueryItem key={entry.path} {...props} entry={entry} />
      ))}
    </ul>
  );
}

function FolderItem(props: FolderProps): ReactNode {
  const { folder, isOpenAll, activePath } = props;
  const hasActive = activePath?.startsWith(`${folder.path}/`) === true;
  const [isOpen, setOpen] = useState(true);
  const isShown = isOpen || isOpenAll || hasActive;
  return (
    <li>
      <button
        type="button"
        className="sql-folder"
        aria-expanded={isShown}
        title={folder.path}
        onClick={() => setOpen(!isShown)}
      >
        <Icon name={isShown ? 'down' : 'right'} />
        <span className="name">{lastPart(folder.path)}</span>
      </button>
      {isShown && <FolderItems {...props} />}
    </li>
  );
}

function QueryItem({
  entry,
  activePath,
  onOpen,
  onMove,
  onDelete,
}: FolderProps & { readonly entry: SavedEntry }): ReactNode {
  const { path, description } = entry;
  const name = lastPart(path);
  const maySave = useMay('save');
  const why = 'takes the scope console or admin';
  return (
    <li className="sql-tree-row">
      <button
        type="button"
        className={path === activePath ? 'name active' : 'name'}
        aria-current={path === activePath ? 'true' : undefined}
        title={description === undefined ? path : `${path}\n${description}`}
        onClick={() => onOpen(path)}
      >
        {name}
      </button>
      <MenuButton
        label={`What can be done with ${name}`}
        title={name}
        className="ask"
        items={[
          { name: 'Open', onChoose: () => onOpen(path) },
          {
            name: 'Rename or move…',
            note: maySave ? undefined : why,
            onChoose: maySave ? () => onMove(entry) : undefined,
          },
          {
            name: 'Delete',
            note: maySave ? 'can be undone' : why,
            onChoose: maySave ? () => onDelete(entry) : undefined,
          },
        ]}
      >
        <Icon name="more" />
      </MenuButton>
    </li>
  );
}
