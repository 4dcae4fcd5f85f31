import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Icon } from '../../../parts/icon.tsx';
import { useRun } from '../run/use-run.ts';
import { isChanged } from '../saved/saved-query.ts';
import { type SqlTab, tabTitle } from './tabs.ts';
import type { TabsHandle } from './use-tabs.ts';
import './tab-bar.css';

/** The open queries: arrows go along, F2 or a double click renames, Delete closes. */
export function TabBar({
  handle,
  onNew,
}: {
  readonly handle: TabsHandle;
  readonly onNew: () => void;
}): ReactNode {
  const { tabs } = handle;
  return (
    <div className="sql-tabs">
      <div className="sql-tabs-list" role="tablist" aria-label="Queries">
        {tabs.open.map((tab) => (
          <Tab key={tab.id} tab={tab} handle={handle} isActive={tab.id === tabs.activeId} />
        ))}
      </div>
      <button
        type="button"
        className="button plain"
        aria-label="New query"
        title="New query"
        onClick={() => {
          handle.open();
          onNew();
        }}
      >
        <Icon name="plus" />
      </button>
    </div>
  );
}

type TabProps = {
  readonly tab: SqlTab;
  readonly handle: TabsHandle;
  readonly isActive: boolean;
};

function Tab({ tab, handle, isActive }: TabProps): ReactNode {
  const [isRenaming, setRenaming] = useState(false);
  const title = tabTitle(tab);
  const box = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (isActive) box.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [isActive, title]);
  if (isRenaming) {
    return <NameField tab={tab} handle={handle} onDone={() => setRenaming(false)} />;
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'F2') setRenaming(true);
    else if (event.key === 'Delete') handle.close(tab.id);
    else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') step(event, handle, tab);
    else return;
    event.preventDefault();
  };
  return (
    <span ref={box} className={isActive ? 'sql-tab active' : 'sql-tab'}>
      <button
        type="button"
        role="tab"
        id={`tab-${tab.id}`}
        aria-selected={isActive}
        aria-controls="sql-panel"
        tabIndex={isActive ? 0 : -1}
        title={`${tab.saved?.path ?? title} (F2 renames, Delete closes)`}
        onClick={() => handle.choose(tab.id)}
        onDoubleClick={() => setRenaming(true)}
        onKeyDown={onKeyDown}
      >
        <span className="title">{title}</span>
        {isChanged(tab) && (
          <span className="sql-tab-changed" title="Not saved">
            *<span className="visually-hidden">, not saved</span>
          </span>
        )}
        <RunMark id={tab.id} />
      </button>
      <button
        type="button"
        className="close"
        // Keys close by Delete: a list of tabs has nothing but tabs in it.
        tabIndex={-1}
        aria-hidden="true"
        title={`Close ${title}`}
        onClick={() => handle.close(tab.id)}
      >
        <Icon name="close" />
      </button>
    </span>
  );
}

function NameField({
  tab,
  handle,
  onDone,
}: Omit<TabProps, 'isActive'> & { readonly onDone: () => void }): ReactNode {
  const [name, setName] = useState(tabTitle(tab));
  const take = (): void => {
    handle.change(tab.id, { name: name.trim() });
    onDone();
  };
  return (
    <input
      className="input sql-tab-name"
      aria-label="Name of the query"
      autoFocus
      value={name}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setName(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take();
        if (event.key === 'Escape') onDone();
      }}
    />
  );
}

/** That something runs, or is live, in a tab that may not be the one looked at. */
function RunMark({ id }: { readonly id: string }): ReactNode {
  const { state } = useRun(id);
  if (state.live === 'on') return <Mark word="live" tone="hot" />;
  if (state.phase.kind === 'running') return <Mark word="running" tone="good" />;
  return state.phase.kind === 'failed' ? <Mark word="failed" tone="bad" /> : null;
}

function Mark({ word, tone }: { readonly word: string; readonly tone: string }): ReactNode {
  return (
    <span className={`sql-tab-mark ${tone}`} title={word}>
      <span className="visually-hidden">, {word}</span>
    </span>
  );
}

function step(event: KeyboardEvent, { tabs, choose }: TabsHandle, tab: SqlTab): void {
  const by = event.key === 'ArrowRight' ? 1 : tabs.open.length - 1;
  const next = tabs.open[(tabs.open.indexOf(tab) + by) % tabs.open.length];
  if (next === undefined) return;
  choose(next.id);
  document.getElementById(`tab-${next.id}`)?.focus();
}
