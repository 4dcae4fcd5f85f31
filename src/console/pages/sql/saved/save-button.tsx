import { type ReactNode, useEffect } from 'react';
import { useMay } from '../../../access/use-door.ts';
import type { SqlTab } from '../tabs/tabs.ts';
import { isChanged } from './saved-query.ts';
import type { Saving } from './use-saving.ts';

/** Saves the active tab's query; Ctrl+S does, too. It says whether there is anything to save. */
export function SaveButton({
  tab,
  saving,
}: {
  readonly tab: SqlTab;
  readonly saving: Saving;
}): ReactNode {
  const isBlank = tab.text.trim() === '';
  const isKept = tab.saved !== undefined && !isChanged(tab) && saving.standing === 'same';
  const maySave = useMay('save');
  const canSave = maySave && !isBlank && !isKept && !saving.isSaving && saving.standing === 'same';
  const { save } = saving;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isHeld = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
      // With Caps Lock it is S.
      if (!isHeld || event.key.toLowerCase() !== 's') return;
      // The browser would save the page.
      event.preventDefault();
      if (canSave && document.querySelector('dialog[open]') === null) save();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [canSave, save]);
  return (
    <button
      type="button"
      className="button"
      disabled={!canSave}
      title={maySave ? titleOf(tab) : 'Saving takes the scope console or admin'}
      onClick={save}
    >
      {isKept ? 'Saved' : 'Save'}
    </button>
  );
}

function titleOf({ saved }: SqlTab): string {
  return saved === undefined ? 'Ctrl S' : `${saved.path} (Ctrl S)`;
}
