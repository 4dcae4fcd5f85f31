import { type ReactNode, useState } from 'react';
import type { DashboardPanel } from '../../../../server/library/library-api.ts';
import { Failure } from '../../../parts/failure.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { freePlace, without } from '../board/layout.ts';
import type { Draft } from '../board/use-draft.ts';
import type { Asking } from '../panel/panel-view.tsx';
import { EditGrid } from './edit-grid.tsx';
import { PanelForm } from './panel-form.tsx';
import { SettingsForm } from './settings-form.tsx';

type Opened =
  | { readonly kind: 'panel'; readonly panel: DashboardPanel }
  | { readonly kind: 'settings' };

/** A dashboard whose panels can be added, moved, made larger, changed and taken away. */
export function BoardEditor({
  draft,
  asking,
  onLeave,
}: {
  readonly draft: Draft;
  readonly asking: Asking;
  readonly onLeave: () => void;
}): ReactNode {
  const [opened, setOpened] = useState<Opened>();
  const { body } = draft;
  const { panels } = body;
  const setPanels = (next: readonly DashboardPanel[]): void =>
    draft.change({ ...body, panels: next });
  const keepPanel = (panel: DashboardPanel): void => {
    const isNew = panels.every(({ id }) => id !== panel.id);
    setPanels(
      isNew ? [...panels, panel] : panels.map((one) => (one.id === panel.id ? panel : one)),
    );
    setOpened(undefined);
  };
  return (
    <>
      <EditBar
        draft={draft}
        onAdd={() => setOpened({ kind: 'panel', panel: newPanel(panels) })}
        onSettings={() => setOpened({ kind: 'settings' })}
        onLeave={onLeave}
      />
      <EditGrid
        panels={panels}
        asking={asking}
        onChange={setPanels}
        onEdit={(panel) => setOpened({ kind: 'panel', panel })}
        onRemove={(id) => setPanels(without(panels, id))}
      />
      {opened?.kind === 'panel' && (
        <PanelForm panel={opened.panel} onDone={keepPanel} onClose={() => setOpened(undefined)} />
      )}
      {opened?.kind === 'settings' && (
        <SettingsForm
          body={body}
          onDone={(next) => {
            draft.change(next);
            setOpened(undefined);
          }}
          onClose={() => setOpened(undefined)}
        />
      )}
    </>
  );
}

function EditBar({
  draft,
  onAdd,
  onSettings,
  onLeave,
}: {
  readonly draft: Draft;
  readonly onAdd: () => void;
  readonly onSettings: () => void;
  readonly onLeave: () => void;
}): ReactNode {
  const { isChanged, isBehind, isElsewhere, error, isFleeting } = draft;
  const save = (how?: 'over'): void => {
    void draft.save(how).then((isSaved) => {
      if (isSaved) onLeave();
    });
  };
  const discard = (): void => {
    draft.discard();
    onLeave();
  };
  return (
    <>
      <div className="board-bar board-edit">
        <button type="button" className="button" onClick={onAdd}>
          <Icon name="plus" />
          Add a panel
        </button>
        <button type="button" className="button" onClick={onSettings}>
          Variables and refresh
        </button>
        <span className="quiet" role="status">
          {isFleeting
            ? 'This browser keeps nothing: save before you leave.'
            : isChanged && 'Changes are kept in this browser until they are saved.'}
        </span>
        <div className="board-controls">
          <button type="button" className="button" onClick={discard}>
            {isChanged ? 'Discard changes' : 'Done'}
          </button>
          <button
            type="button"
            className="button main"
            disabled={!isChanged || isBehind || isElsewhere}
            onClick={() => save()}
          >
            Save
          </button>
        </div>
      </div>
      {isBehind && (
        <div className="notice" role="alert">
          <div>
            <p>Somebody else has saved this dashboard since you began.</p>
            <p>Save yours over it, or discard yours to see theirs.</p>
          </div>
          <button type="button" className="button danger" onClick={() => save('over')}>
            Save mine over it
          </button>
        </div>
      )}
      {isElsewhere && <Elsewhere draft={draft} />}
      {error !== undefined && !isBehind && <Failure error={error} />}
    </>
  );
}

function Elsewhere({ draft }: { readonly draft: Draft }): ReactNode {
  return (
    <div className="notice" role="alert">
      <div>
        <p>Another tab of this browser has other changes of this dashboard.</p>
        <p>One of both is kept: choose which.</p>
      </div>
      <button type="button" className="button" onClick={() => draft.takeElsewhere()}>
        Take that tab’s
      </button>
      <button type="button" className="button danger" onClick={() => draft.keepHere()}>
        Keep these
      </button>
    </div>
  );
}

function newPanel(panels: readonly DashboardPanel[]): DashboardPanel {
  const taken = new Set(panels.map(({ id }) => id));
  let number = panels.length + 1;
  while (taken.has(`panel-${number}`)) number += 1;
  const id = `panel-${number}`;
  return { id, title: '', kind: 'table', source: { sql: '' }, ...freePlace(panels) };
}
