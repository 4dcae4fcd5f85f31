import { type ReactNode, useState } from 'react';
import { saveQuery } from '../../../api/library.ts';
import { type SqlTab, tabTitle } from '../tabs/tabs.ts';
import { PathForm } from './path-form.tsx';
import { bodyOf, type SavedEntry } from './saved-query.ts';
import type { Saving } from './use-saving.ts';

/** Where the tab's query is to be saved, and what it answers. */
export function SaveDialog({
  tab,
  entries,
  saving,
}: {
  readonly tab: SqlTab;
  readonly entries: readonly SavedEntry[];
  readonly saving: Saving;
}): ReactNode {
  const { saved } = tab;
  const [description, setDescription] = useState(saved?.description ?? '');
  const save = async (path: string, version?: string): Promise<void> => {
    const { description: _before, ...body } = bodyOf(tab);
    const said = description.trim();
    const whole = said === '' ? body : { ...body, description: said };
    saving.onSaved(await saveQuery(path, whole, version));
  };
  return (
    <PathForm
      title={saved === undefined ? 'Save the query' : 'Save as'}
      action="Save"
      path={saved?.path ?? suggestedName(tab)}
      entries={entries}
      onTake={save}
      onReplace={save}
      onClose={saving.endAsking}
    >
      <label className="field">
        <span className="label">What it answers (optional)</span>
        <textarea
          className="input"
          rows={2}
          value={description}
          onChange={({ target }) => setDescription(target.value)}
          maxLength={10_000}
        />
      </label>
    </PathForm>
  );
}

/** The tab's title without the signs that no path may have. */
function suggestedName(tab: SqlTab): string {
  const title = tabTitle(tab).replaceAll(/[\\/<>:"|?*…\p{Cc}]/gu, ' ');
  return title.replaceAll(/\s+/g, ' ').replace(/^[. ]+|[. ]+$/g, '');
}
