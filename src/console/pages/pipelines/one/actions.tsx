import { type ReactNode, useState } from 'react';
import type { ErrorBody, PipelineAnswer, PipelinePatchBody } from '../../../../server/api.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { editPath } from '../pipeline-path.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { RestartDialog } from './restart-dialog.tsx';

type Running = 'running' | 'paused' | 'stopped';

/** What can be done with a pipeline in its state. */
export function Actions({
  pipeline,
  onChanged,
}: {
  readonly pipeline: PipelineAnswer;
  readonly onChanged: () => void;
}): ReactNode {
  const { name, state } = pipeline;
  const [asked, setAsked] = useState<Running>();
  const [error, setError] = useState<ErrorBody>();
  const [dialog, setDialog] = useState<'restart' | 'delete'>();
  const become = async (wanted: Running): Promise<void> => {
    setAsked(wanted);
    setError(undefined);
    const body: PipelinePatchBody = { state: wanted };
    try {
      await request(`/api/v1/pipelines/${encodeURIComponent(name)}`, { method: 'PATCH', body });
    } catch (thrown) {
      setError(errorBodyOf(thrown));
    }
    setAsked(undefined);
    onChanged();
  };
  const button = (wanted: Running): ReactNode => (
    <button
      type="button"
      className="button"
      disabled={asked !== undefined}
      onClick={() => void become(wanted)}
    >
      {wanted !== 'stopped' && <Icon name={wanted === 'running' ? 'play' : 'pause'} />}
      {asked === wanted ? doing[wanted] : words[wanted]}
    </button>
  );
  const isActive = state === 'running' || state === 'retrying';
  const close = (): void => {
    setDialog(undefined);
    onChanged();
  };
  return (
    <>
      <div className="pipelines-actions" role="group" aria-label={`Actions on ${name}`}>
        {isActive ? button('paused') : button('running')}
        {(isActive || state === 'paused') && button('stopped')}
        <button type="button" className="button" onClick={() => setDialog('restart')}>
          Restart elsewhere…
        </button>
        <Link href={editPath(name)} className="button">
          Edit SQL
        </Link>
        <button type="button" className="button danger" onClick={() => setDialog('delete')}>
          Delete…
        </button>
      </div>
      {error !== undefined && (
        <div className="pipelines-failure">
          <Failure error={error} />
        </div>
      )}
      {dialog === 'restart' && <RestartDialog pipeline={pipeline} onClose={close} />}
      {dialog === 'delete' && <DeleteDialog pipeline={pipeline} onClose={close} />}
    </>
  );
}

const words = { running: 'Start', paused: 'Pause', stopped: 'Stop' } as const;
const doing = { running: 'Starting…', paused: 'Pausing…', stopped: 'Stopping…' } as const;
