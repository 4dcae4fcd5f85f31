import { type ReactNode, useState } from 'react';
import type { ErrorBody, TableAnswer } from '../../../../server/api.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { Failure } from '../../../parts/failure.tsx';
import { go } from '../../../place.ts';
import { Field } from '../../../parts/field.tsx';
import { nameFrom, sourceOf, tableOf, withTable } from '../draft/draft.ts';
import { forgetDraft } from '../draft/keep-draft.ts';
import type { StepProps } from '../step-props.ts';

/** Files that are asked where they are: they only need a name. */
export function AttachStep({ draft, change }: StepProps): ReactNode {
  const [error, setError] = useState<ErrorBody>();
  const [isAttaching, setAttaching] = useState(false);
  const path = sourceOf(draft)?.stream ?? '';
  const usual = nameFrom(path);
  const typed = tableOf(draft).name ?? '';
  const name = typed.trim() || usual;
  const attach = async (): Promise<void> => {
    setAttaching(true);
    setError(undefined);
    try {
      const made = await request<TableAnswer>('/api/v1/tables', { body: { name, path } });
      forgetDraft(sessionStorage);
      go(`/tables/${encodeURIComponent(made.name)}`);
    } catch (thrown) {
      setError(errorBodyOf(thrown));
      setAttaching(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void attach();
      }}
    >
      <p className="connect-words">
        <code>{path}</code> becomes a table that SQL can ask. Its columns are what the files say;
        nothing is copied, and nothing in it is changed.
      </p>
      <div className="connect-form">
        <Field label="Name of the table">
          {(ids) => (
            <input
              {...ids}
              className="input code"
              value={typed}
              placeholder={usual}
              spellCheck={false}
              onChange={(event) => {
                const { value } = event.target;
                change((before) => withTable(before, { name: value }));
              }}
            />
          )}
        </Field>
      </div>
      {error !== undefined && <Failure error={error} />}
      <div className="connect-actions">
        <button type="submit" className="button main" disabled={isAttaching}>
          {isAttaching ? 'Looking at the files …' : `Attach ${name}`}
        </button>
      </div>
    </form>
  );
}
