import { type ReactNode, useState } from 'react';
import type { ErrorBody, PipelineAnswer } from '../../../../server/api.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { useValidation } from '../../../editor/script/use-validation.ts';
import { Failure } from '../../../parts/failure.tsx';
import { go } from '../../../place.ts';
import { pageOf } from '../../../frame/pages.tsx';
import { fieldOf, nameFrom, sourceOf, tableOf, withTable } from '../draft/draft.ts';
import { forgetDraft } from '../draft/keep-draft.ts';
import type { StepProps } from '../step-props.ts';
import { columnsOf, scriptOf } from '../what/script.ts';
import { SqlPane } from '../what/sql-pane.tsx';
import type { Sample, SampleState } from '../what/use-sample.ts';
import { AttachStep } from './attach-step.tsx';
import { TableFields } from './table-fields.tsx';
import { WhatStep } from '../what/what-step.tsx';

/** Step 4: the name, where reading starts, where rows go, and the script that says it all. */
export function StartStep(props: StepProps & { readonly state: SampleState }): ReactNode {
  const { draft, state } = props;
  if (draft.kind === 'files' && fieldOf(draft, 'how') !== 'pipeline') {
    return <AttachStep {...props} />;
  }
  // Until the sample is there, there is nothing to start: the step before says why.
  if (state.sample === undefined) return <WhatStep {...props} />;
  return <Start {...props} sample={state.sample} />;
}

function Start({ draft, change, sample }: StepProps & { readonly sample: Sample }): ReactNode {
  const table = tableOf(draft);
  const sql = table.sql ?? scriptOf(sample.drafted, table);
  const isByHand = table.sql !== undefined;
  const usual = nameFrom(sourceOf(draft)?.stream ?? '');
  const name = table.name?.trim() || usual;
  const checked = useValidation(sql);
  // What was said of another text says nothing of this one.
  const answer = checked?.sql === sql ? checked.answer : undefined;
  const [error, setError] = useState<ErrorBody>();
  const [isStarting, setStarting] = useState(false);
  const start = async (): Promise<void> => {
    setStarting(true);
    setError(undefined);
    try {
      const made = await request<PipelineAnswer>('/api/v1/pipelines', { body: { name, sql } });
      forgetDraft(sessionStorage);
      go(placeOf('pipelines', made.name));
    } catch (thrown) {
      setError(errorBodyOf(thrown));
      setStarting(false);
    }
  };
  return (
    <>
      <TableFields
        table={table}
        usual={usual}
        drafted={sample.drafted}
        columns={columnsOf(sample.drafted, table.columns).filter(({ isOn }) => isOn)}
        isFile={draft.kind === 'files'}
        onChange={(next) => change((before) => withTable(before, next))}
      />
      <SqlPane
        sql={sql}
        checked={checked}
        isByHand={isByHand}
        onEdit={(text) => change((before) => withTable(before, { sql: text }))}
      />
      {answer?.valid === true && (
        <p className="quiet" aria-live="polite">
          {answer.sinks
            .map((sink) => `${sink.name}: ${sink.columns.map((one) => one.name).join(', ')}`)
            .join(' · ')}
        </p>
      )}
      {error !== undefined && <Failure error={error} />}
      <div className="connect-actions">
        <button
          type="button"
          className="button main"
          disabled={isStarting || answer?.valid !== true}
          onClick={() => void start()}
        >
          {isStarting ? `Starting ${name} …` : `Start ${name}`}
        </button>
        {answer?.valid === false && (
          <span className="quiet">The SQL has errors: they are told above.</span>
        )}
      </div>
    </>
  );
}

/** The page of what was made, or home. */
function placeOf(page: string, name: string): string {
  const path = `/${page}/${encodeURIComponent(name)}`;
  return pageOf(path) === undefined ? '/' : path;
}
