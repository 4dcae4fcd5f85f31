import { type ReactNode, useState } from 'react';
import type { ErrorBody, TableAnswer } from '../../../../server/api.ts';
import { Icon } from '../../../parts/icon.tsx';
import { SavedPane, type SavedPaneProps } from '../saved/saved-pane.tsx';
import { HistoryPane } from './history-pane.tsx';
import { TablesPane } from './tables-pane.tsx';
import './side-pane.css';

type SideView = 'tables' | 'saved' | 'history' | 'none';

/** What can be asked, what is saved and what was asked: beside the editor, or folded away. */
export function SidePane(props: {
  readonly tables: readonly TableAnswer[] | undefined;
  readonly error: ErrorBody | undefined;
  readonly ran: unknown;
  readonly onInsert: (text: string) => void;
  readonly onQuery: (sql: string) => void;
  readonly saved: SavedPaneProps;
}): ReactNode {
  const [view, setView] = useState<SideView>(() => (isNarrow() ? 'none' : 'tables'));
  // There is no room beside the editor, so what was chosen takes the pane's.
  const foldIfNarrow = (): void => {
    if (isNarrow()) setView('none');
  };
  const onQuery = (sql: string): void => {
    foldIfNarrow();
    props.onQuery(sql);
  };
  const onOpen = (path: string): void => {
    foldIfNarrow();
    props.saved.onOpen(path);
  };
  return (
    <aside
      className={view === 'none' ? 'sql-side folded' : 'sql-side'}
      aria-label="Tables, saved queries and history"
    >
      <div className="sql-side-head">
        {sideViews.map(({ name, title, icon }) => (
          <button
            key={name}
            type="button"
            className="button plain"
            aria-pressed={view === name}
            title={view === name ? `Folds ${title.toLowerCase()} away` : title}
            onClick={() => setView(view === name ? 'none' : name)}
          >
            <Icon name={icon} />
            <span className="word">{title}</span>
          </button>
        ))}
      </div>
      {view === 'tables' && <TablesPane {...props} onQuery={onQuery} />}
      {view === 'saved' && <SavedPane {...props.saved} onOpen={onOpen} />}
      {view === 'history' && <HistoryPane ran={props.ran} onOpen={onQuery} />}
    </aside>
  );
}

function isNarrow(): boolean {
  return window.innerWidth < 720;
}

const sideViews = [
  { name: 'tables', title: 'Tables', icon: 'table' },
  { name: 'saved', title: 'Saved', icon: 'folder' },
  { name: 'history', title: 'History', icon: 'clock' },
] as const;
