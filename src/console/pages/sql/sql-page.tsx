import { type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import type { TableAnswer } from '../../../server/api.ts';
import type { EditorHandle, SqlEditorProps } from '../../editor/sql-editor.tsx';
import { parameterNames } from '../../editor/sql-text.ts';
import type { PageProps } from '../../frame/pages.tsx';
import { Failure } from '../../parts/failure.tsx';
import { EditorPane } from './editor-pane.tsx';
import { format, QueryMenu } from './query-menu.tsx';
import { ResultPane } from './result/result-pane.tsx';
import { ParameterFields } from './run/parameter-fields.tsx';
import { RunBar } from './run/run-bar.tsx';
import { SaveButton } from './saved/save-button.tsx';
import { SaveDialog } from './saved/save-dialog.tsx';
import { SavedNotice } from './saved/saved-notice.tsx';
import { savedPaneOf } from './saved/saved-pane-of.ts';
import { useSavedQueries } from './saved/use-saved-queries.ts';
import { type Saving, useSaving } from './saved/use-saving.ts';
import { useKnownTables } from './side/known-tables.ts';
import { SidePane } from './side/side-pane.tsx';
import { Split } from './split.tsx';
import { TabBar } from './tabs/tab-bar.tsx';
import { TabNotice } from './tabs/tab-notice.tsx';
import { newTab } from './tabs/tabs.ts';
import { type TabsHandle, useTabs } from './tabs/use-tabs.ts';
import { type ActiveQuery, runArrived, useActiveQuery } from './use-active-query.ts';
import { useLinkedTab } from './use-linked-tab.ts';
import './sql.css';

/** Ask anything: what can be asked, an editor, and what came of it. */
export function SqlPage(_props: PageProps): ReactNode {
  const handle = useTabs();
  const query = useActiveQuery(handle);
  const editor = useRef<EditorHandle>(null);
  const { tables, error } = useKnownTables();
  const [said, setSaid] = useState('');
  const saved = useSavedQueries();
  const saving = useSaving(handle, query.tab, saved);
  const linkTrouble = useLinkedTab(handle, runArrived);
  useTabKeys(handle);
  const openAndRun = (text: string): void => {
    const tab = { ...newTab(crypto.randomUUID()), text };
    handle.open(tab);
    runArrived(tab);
  };
  return (
    <div className="sql-page">
      <h1 className="visually-hidden">SQL</h1>
      <SidePane
        tables={tables}
        error={error}
        ran={query.state.answer}
        onInsert={(text) => editor.current?.insert(text)}
        onQuery={openAndRun}
        saved={savedPaneOf(handle, saved, query.tab.saved?.path)}
      />
      <div className="sql-main">
        <QueryBar {...{ handle, query, editor, said, saving }} onSaid={setSaid} />
        <TabNotice handle={handle} />
        <SavedNotice saving={saving} path={query.tab.saved?.path ?? ''} />
        {linkTrouble !== undefined && <Failure error={linkTrouble.error} />}
        {saving.isAsking && (
          <SaveDialog tab={query.tab} entries={saved.entries ?? []} saving={saving} />
        )}
        <Panel {...{ handle, query, editor, tables }} onSaid={setSaid} />
      </div>
    </div>
  );
}

type Parts = {
  readonly query: ActiveQuery;
  readonly onSaid: (message: string) => void;
  readonly editor: RefObject<EditorHandle | null>;
};

/** The active tab: the question above, its answer below. */
function Panel({
  handle,
  query,
  editor,
  tables,
  onSaid,
}: Parts & {
  readonly handle: TabsHandle;
  readonly tables: readonly TableAnswer[] | undefined;
}): ReactNode {
  return (
    <div
      id="sql-panel"
      role="tabpanel"
      aria-labelledby={`tab-${query.tab.id}`}
      className="sql-panel"
    >
      <Split
        label="Height of the editor"
        storageKey="helios.sql.split"
        above={
          <Asking
            {...{ query, editor, onSaid }}
            outsideChanges={handle.outsideChanges}
            tables={() => tables ?? []}
          />
        }
        below={
          <ResultPane
            tab={query.tab}
            state={query.state}
            order={query.runnable?.order}
            fixes={query.mark?.fixes ?? []}
            onFix={(fix) => editor.current?.apply(fix)}
            onChange={query.change}
          />
        }
      />
    </div>
  );
}

function QueryBar({
  handle,
  query,
  editor,
  said,
  saving,
  onSaid,
}: Parts & {
  readonly handle: TabsHandle;
  readonly saving: Saving;
  /** What came of the last thing done from the menu. */
  readonly said: string;
}): ReactNode {
  return (
    <div className="sql-bar">
      <TabBar handle={handle} onNew={() => editor.current?.focus()} />
      <span className="sql-said quiet" role="status">
        {said}
      </span>
      <RunBar
        state={query.state}
        canRun={query.runnable !== undefined}
        isSelection={query.runnable?.isSelection === true}
        actions={query.actions}
      >
        <SaveButton tab={query.tab} saving={saving} />
        <QueryMenu {...{ handle, query, editor, onSaid }} onSaveAs={saving.saveAs} />
      </RunBar>
    </div>
  );
}

function Asking({
  query,
  editor,
  onSaid,
  outsideChanges,
  tables,
}: Parts & Pick<SqlEditorProps, 'tables' | 'outsideChanges'>): ReactNode {
  const { tab, mark, actions, runText, cancel, change, select } = query;
  return (
    <div className="sql-asking">
      <div className="sql-asking-editor">
        <EditorPane
          ref={editor}
          documentId={tab.id}
          outsideChanges={outsideChanges}
          text={tab.text}
          mark={mark}
          tables={tables}
          onChange={(text) => change({ text })}
          onSelect={({ from, to }) => select({ from, to })}
          onRun={runText}
          onCancel={cancel}
          onFormat={() => void format(tab.text, { editor, onSaid })}
        />
      </div>
      <ParameterFields
        names={parameterNames(tab.text)}
        typed={tab.typed}
        onType={(name, value) => change({ typed: { ...tab.typed, [name]: value } })}
        onRun={actions.onRun}
      />
    </div>
  );
}

/** Alt and a digit go to that tab: browsers keep Ctrl for theirs. */
function useTabKeys({ tabs, choose }: TabsHandle): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const tab = tabs.open[Number(/^Digit([1-9])$/.exec(event.code)?.[1] ?? 0) - 1];
      if (!event.altKey || event.ctrlKey || tab === undefined) return;
      event.preventDefault();
      choose(tab.id);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
}
