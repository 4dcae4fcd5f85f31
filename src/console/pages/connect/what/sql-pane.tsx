import type { ReactNode } from 'react';
import { CodeField } from '../../../editor/script/code-field.tsx';
import type { Checked } from '../../../editor/script/use-validation.ts';
import { Failure } from '../../../parts/failure.tsx';

/** The script that all of this makes: always there, checked as it is typed. */
export function SqlPane({
  sql,
  checked,
  isByHand,
  onEdit,
}: {
  readonly sql: string;
  readonly checked: Checked | undefined;
  readonly isByHand: boolean;
  /** Undefined: as the rest says. */
  readonly onEdit: (sql: string | undefined) => void;
}): ReactNode {
  const answer = checked?.answer;
  return (
    <section className="what-sql" aria-label="SQL">
      <header>
        <h2>SQL</h2>
        {isByHand ? (
          <>
            <span className="quiet">Edited by hand.</span>
            <button type="button" className="button plain" onClick={() => onEdit(undefined)}>
              Undo: as drafted and chosen
            </button>
          </>
        ) : (
          <span className="quiet">Follows what you choose; edit it for anything else.</span>
        )}
      </header>
      <CodeField
        isField
        sql={sql}
        errors={answer?.valid === false ? answer.errors : []}
        tables={answer?.valid === true ? answer.sinks : []}
        onChange={onEdit}
      />
      <div aria-live="polite">
        {checked?.error !== undefined && <Failure error={checked.error} />}
      </div>
    </section>
  );
}
