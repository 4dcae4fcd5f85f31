import { type FormEvent, type ReactNode, useState } from 'react';
import type { ErrorBody, PipelineAnswer } from '../../../../server/api.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { DialogButtons } from '../../../parts/dialog-buttons.tsx';
import { Dialog } from '../../../parts/dialog.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { useZone } from '../../../time/zone.ts';
import { type Consent, refusalOf, restartBody, type RestartChoice } from './restart.ts';
import { RestartFields } from './restart-fields.tsx';
import { RestartRefusal } from './restart-refusal.tsx';

/** Asks where a pipeline shall read on, and for consent where that doubles or skips records. */
export function RestartDialog({
  pipeline,
  onClose,
}: {
  readonly pipeline: PipelineAnswer;
  readonly onClose: () => void;
}): ReactNode {
  const zone = useZone();
  const [choice, setChoice] = useState<RestartChoice>({ kind: 'earliest' });
  const [given, setGiven] = useState<ReadonlySet<Consent>>(new Set());
  const [error, setError] = useState<ErrorBody>();
  const [isBusy, setBusy] = useState(false);
  const refusal = error && refusalOf(error);
  const body = restartBody(choice, zone, given);
  const isAllowed = refusal?.needs.every((need) => given.has(need)) ?? true;
  const restart = async (): Promise<void> => {
    setBusy(true);
    try {
      const path = `/api/v1/pipelines/${encodeURIComponent(pipeline.name)}`;
      await request(path, { method: 'PATCH', body });
      onClose();
    } catch (thrown) {
      setError(errorBodyOf(thrown));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (body !== undefined && isAllowed && !isBusy) void restart();
  };
  const change = (next: RestartChoice): void => {
    setChoice(next);
    // What was allowed was allowed for another place.
    setGiven(new Set());
    setError(undefined);
  };
  return (
    <Dialog title={`Where shall ${pipeline.name} read on?`} onClose={onClose}>
      <form className="pipelines-form" onSubmit={submit}>
        <RestartFields pipeline={pipeline} choice={choice} onChange={change} />
        {error !== undefined && <Failure error={error} />}
        {refusal !== undefined && <RestartRefusal {...refusal} given={given} onChange={setGiven} />}
        <DialogButtons
          action={isBusy ? 'Restarting…' : refusal === undefined ? 'Restart' : anyway}
          isDanger={refusal !== undefined}
          isDisabled={body === undefined || !isAllowed || isBusy}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}

const anyway = 'Restart all the same';
