import { type ReactNode, useState } from 'react';
import { useValidation } from '../../../editor/script/use-validation.ts';
import { Failure } from '../../../parts/failure.tsx';
import { count } from '../../../text.ts';
import { sourceOf, tableOf, withTable } from '../draft/draft.ts';
import type { StepProps } from '../step-props.ts';
import { Columns } from './columns.tsx';
import { Events } from './events.tsx';
import { columnsOf, scriptOf } from './script.ts';
import { SqlPane } from './sql-pane.tsx';
import type { Sample, SampleState } from './use-sample.ts';
import { useTrial } from './use-trial.ts';
import { Verdict } from './verdict.tsx';
import './what.css';

/** Step 3: real events beside the columns that they become, and which of them would not. */
export function WhatStep(props: StepProps & { readonly state: SampleState }): ReactNode {
  const { draft, state } = props;
  const { sample, error, again } = state;
  const name = sourceOf(draft)?.stream ?? '';
  if (error !== undefined) {
    return (
      <Failure error={error}>
        <button type="button" className="button" onClick={again}>
          Look again
        </button>
      </Failure>
    );
  }
  if (sample === undefined) {
    return (
      <p className="quiet" role="status">
        Looking at events of {name} …
      </p>
    );
  }
  return <SampleView {...props} sample={sample} />;
}

function SampleView({
  draft,
  change,
  goTo,
  state,
  sample,
}: StepProps & { readonly state: SampleState; readonly sample: Sample }): ReactNode {
  const table = tableOf(draft);
  const sql = table.sql ?? scriptOf(sample.drafted, table);
  const trial = useTrial(sql, sample.records);
  const checked = useValidation(sql);
  const [isRejectedOnly, setRejectedOnly] = useState(false);
  const answer = trial.answer?.valid === true ? trial.answer : undefined;
  const rejected = new Map(
    answer?.dry_run.rejected.map(({ index, message }) => [index, message]) ?? [],
  );
  const edit = (field: string, next: object): void =>
    change((before) => {
      const { columns } = tableOf(before);
      return withTable(before, {
        columns: { ...columns, [field]: { ...columns[field], ...next } },
      });
    });
  return (
    <>
      {sample.records.length === 0 ? (
        <NoEvents again={state.again} />
      ) : (
        <Verdict
          trial={trial}
          columns={columnsOf(sample.drafted, table.columns)}
          isByHand={table.sql !== undefined}
          isRejectedOnly={isRejectedOnly}
          onRejectedOnly={setRejectedOnly}
          onType={(field, type) => edit(field, { type })}
        />
      )}
      <div className="what-panes">
        <EventPane
          sample={sample}
          rejected={rejected}
          isRejectedOnly={isRejectedOnly}
          again={state.again}
        />
        <section className="what-pane" aria-label="Columns">
          <Columns
            drafted={sample.drafted}
            edits={table.columns}
            isByHand={table.sql !== undefined}
            onEdit={edit}
          />
        </section>
      </div>
      <SqlPane
        sql={sql}
        checked={checked}
        isByHand={table.sql !== undefined}
        onEdit={(text) => change((before) => withTable(before, { sql: text }))}
      />
      <div className="connect-actions">
        <button type="button" className="button main" onClick={() => goTo('start')}>
          Name it and start
        </button>
      </div>
    </>
  );
}

function EventPane({
  sample: { records, lookedCount, remarks },
  rejected,
  isRejectedOnly,
  again,
}: {
  readonly sample: Sample;
  readonly rejected: ReadonlyMap<number, string>;
  readonly isRejectedOnly: boolean;
  readonly again: () => void;
}): ReactNode {
  return (
    <section className="what-pane" aria-label="Events">
      <header>
        <h2>{lookedCount === 1 ? '1 real event' : `${count(lookedCount)} real events`}</h2>
        <button type="button" className="button plain" onClick={again}>
          Look again
        </button>
      </header>
      <Events records={records} rejected={rejected} isRejectedOnly={isRejectedOnly} />
      {records.length < lookedCount && (
        <p className="quiet">
          They are large: the first {count(records.length)} are shown and tried.
        </p>
      )}
      {remarks.map((remark) => (
        <p key={remark} className="quiet">
          {remark}
        </p>
      ))}
    </section>
  );
}

function NoEvents({ again }: { readonly again: () => void }): ReactNode {
  return (
    <div className="notice">
      <div>
        <p>There is no event yet.</p>
        <p>Events would be kept whole, as JSON; columns can be drafted when there are some.</p>
      </div>
      <button type="button" className="button" onClick={again}>
        Look again
      </button>
    </div>
  );
}
