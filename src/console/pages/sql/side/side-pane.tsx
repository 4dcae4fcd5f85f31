import { type ReactNode, useState } from 'react';
import type { ErrorBody, TableAnswer } from '../../../../server/api.ts';
import { Icon } from '../../../parts/icon.tsx';
import { HistoryPane } from './history-pane.tsx';
import { TablesPane } from './tables-pane.tsx';
import './side-pane.css';

type SideView = 'tables' | 'history' | 'none';

/** What can be asked, and what was: beside the editor, or folded away. */
export function SidePane(props: {
  readonly tables: readonly TableAnswer[] | undefined;
  readonly error: ErrorBody | undefined;
  readonly ran: unknown;
  readonly onInsert: (text: string) => void;
  readonly onQuery: (sql: string) => void;
}): ReactNode {
  const [view, setView] = useState<SideView>(() => (window.innerWidth < 720 ? 'none' : 'tables'));
  return (
    <aside
      className={view === 'none' ? 'sql-side folded' : 'sql-side'}
      aria-label="Tables and history"
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
      {view === 'tables' && <TablesPane {...props} />}
      {view === 'history' && <HistoryPane ran={props.ran} onOpen={props.onQuery} />}
    </aside>
  );
}

const sideViews = [
  { name: 'tables', title: 'Tables', icon: 'table' },
  { name: 'history', title: 'History', icon: 'clock' },
] as const;
