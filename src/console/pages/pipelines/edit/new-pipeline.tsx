import { type ReactNode, useState } from 'react';
import type { ErrorBody, PipelineCreateBody } from '../../../../server/api.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { go, usePlace } from '../../../place.ts';
import { pipelinePath } from '../pipeline-path.ts';
import { useDraft } from './draft.ts';
import { exampleScript } from './example-script.ts';
import { ScriptEditor } from './script-editor.tsx';

/** Makes a pipeline: its name, its SQL, and a look at what that would do. */
export function NewPipeline(): ReactNode {
  const { search } = usePlace();
  const [name, setName] = useState(search.has('example') ? 'kept_events' : '');
  const draft = useDraft('helios.new-pipeline', search.has('example') ? exampleScript : '');
  const [error, setError] = useState<ErrorBody>();
  const [isBusy, setBusy] = useState(false);
  const create = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    const body: PipelineCreateBody = { name, sql: draft.text };
    try {
      await request('/api/v1/pipelines', { body });
      draft.take('');
      go(pipelinePath(name));
    } catch (thrown) {
      setError(errorBodyOf(thrown));
      setBusy(false);
    }
  };
  const isReady = name !== '' && draft.text.trim() !== '' && !isBusy;
  return (
    <section className="section pipelines">
      <header>
        <h1 className="pipelines-title">
          <Link href="/pipelines">Pipelines</Link>
          <span className="quiet" aria-hidden="true">
            /
          </span>
          New pipeline
        </h1>
        <div className="pipelines-actions">
          {draft.text.trim() === '' && (
            <button type="button" className="button" onClick={() => draft.change(exampleScript)}>
              Begin with an example
            </button>
          )}
          <label className="edit-name">
            Name
            <input
              className="input"
              autoComplete="off"
              value={name}
              maxLength={128}
              onChange={(event) => setName(event.target.value)}
            />
          </label>
          <button
            type="button"
            className="button main"
            disabled={!isReady}
            onClick={() => void create()}
          >
            {isBusy ? 'Creating…' : 'Create and start'}
          </button>
        </div>
      </header>
      {error !== undefined && <Failure error={error} />}
      <ScriptEditor sql={draft.text} onChange={draft.change} />
    </section>
  );
}
