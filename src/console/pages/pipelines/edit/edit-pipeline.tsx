import { type ReactNode, useState } from 'react';
import type { ErrorBody, PipelineAnswer, PipelinePatchBody } from '../../../../server/api.ts';
import { usePolled } from '../../../api/polled.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { go, usePlace } from '../../../place.ts';
import { reasonHref, reasonToFix } from '../../quarantine/reason-sql.ts';
import { ReasonInView } from '../../quarantine/replay/reason-in-view.tsx';
import { pipelinePath } from '../pipeline-path.ts';
import { useDraft } from './draft.ts';
import { ScriptEditor } from './script-editor.tsx';

const everyMs = 5000;

/** Edits a pipeline's SQL. */
export function EditPipeline({ name }: { readonly name: string }): ReactNode {
  const path = `/api/v1/pipelines/${encodeURIComponent(name)}`;
  const { value, error } = usePolled<PipelineAnswer>(path, everyMs);
  return (
    <section className="section pipelines">
      {value === undefined ? (
        error !== undefined && <Failure error={error} />
      ) : (
        <Editor key={value.id} pipeline={value} />
      )}
    </section>
  );
}

function Editor({ pipeline }: { readonly pipeline: PipelineAnswer }): ReactNode {
  // What the editing began with: another tab may save meanwhile.
  const [begun, setBegun] = useState(pipeline.sql);
  const draft = useDraft(`helios.pipeline.${pipeline.id}`, begun);
  const [error, setError] = useState<ErrorBody>();
  const [isBusy, setBusy] = useState(false);
  const { name } = pipeline;
  const reason = reasonToFix(usePlace().search, name);
  const takeTheirs = (): void => {
    draft.take(pipeline.sql);
    setBegun(pipeline.sql);
  };
  const save = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    const body: PipelinePatchBody = { sql: draft.text };
    try {
      await request(`/api/v1/pipelines/${encodeURIComponent(name)}`, { method: 'PATCH', body });
      draft.take(begun);
      go(reason === undefined ? pipelinePath(name) : reasonHref(reason));
    } catch (thrown) {
      setError(errorBodyOf(thrown));
      setBusy(false);
    }
  };
  return (
    <>
      <header>
        <Title name={name} />
        <div className="pipelines-actions">
          {draft.isChanged && (
            <button type="button" className="button" onClick={() => draft.take(begun)}>
              Discard changes
            </button>
          )}
          <button
            type="button"
            className="button main"
            disabled={!draft.isChanged || isBusy}
            onClick={() => void save()}
          >
            {isBusy ? 'Saving…' : 'Save and go on'}
          </button>
        </div>
      </header>
      <p className="quiet edit-words">
        Saving stops the pipeline after its epoch; it goes on with the new SQL where it has read up
        to.
      </p>
      {error !== undefined && <Failure error={error} />}
      {pipeline.sql !== begun && <ChangedElsewhere onTake={takeTheirs} />}
      {reason !== undefined && <ReasonInView reason={reason} sql={draft.text} />}
      <ScriptEditor sql={draft.text} onChange={draft.change} />
    </>
  );
}

function Title({ name }: { readonly name: string }): ReactNode {
  return (
    <h1 className="pipelines-title">
      <Link href="/pipelines">Pipelines</Link>
      <span className="quiet" aria-hidden="true">
        /
      </span>
      <Link href={pipelinePath(name)} className="name">
        {name}
      </Link>
      <span className="quiet" aria-hidden="true">
        /
      </span>
      edit
    </h1>
  );
}

function ChangedElsewhere({ onTake }: { readonly onTake: () => void }): ReactNode {
  return (
    <div className="notice hot" role="alert">
      <p>Somebody saved other SQL meanwhile. Saving here would undo that.</p>
      <button type="button" className="button" onClick={onTake}>
        Take theirs
      </button>
    </div>
  );
}
