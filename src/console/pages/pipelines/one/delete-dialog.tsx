import { type FormEvent, type ReactNode, useState } from 'react';
import type { ErrorBody, PipelineAnswer } from '../../../../server/api.ts';
import { errorBodyOf, send } from '../../../api/request.ts';
import { DialogButtons } from '../../../parts/dialog-buttons.tsx';
import { Dialog } from '../../../parts/dialog.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { go } from '../../../place.ts';
import { count } from '../../../text.ts';

/** Asks for the pipeline's name before it is deleted. */
export function DeleteDialog({
  pipeline,
  onClose,
}: {
  readonly pipeline: PipelineAnswer;
  readonly onClose: () => void;
}): ReactNode {
  const { name, sinks } = pipeline;
  const [typed, setTyped] = useState('');
  const [isDiscarding, setDiscarding] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorBody>();
  const hot = sinks.reduce((sum, { hot_rows }) => sum + hot_rows, 0);
  const remove = async (): Promise<void> => {
    setBusy(true);
    try {
      const query = isDiscarding ? '?discard=true' : '';
      await send(`/api/v1/pipelines/${encodeURIComponent(name)}${query}`, { method: 'DELETE' });
      go('/pipelines');
    } catch (thrown) {
      setError(errorBodyOf(thrown));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (typed === name && !isBusy) void remove();
  };
  return (
    <Dialog title={`Delete ${name}?`} onClose={onClose}>
      <form className="pipelines-form" onSubmit={submit}>
        <p>
          It reads no more, and forgets how far it has read. Its tables stay, and so do the records
          that it rejected.
        </p>
        {error !== undefined && <Failure error={error} />}
        {error !== undefined && hot > 0 && (
          <label>
            <input
              type="checkbox"
              checked={isDiscarding}
              onChange={(event) => setDiscarding(event.target.checked)}
            />{' '}
            Lose {count(hot)} rows that are not in the tables’ files yet
          </label>
        )}
        <div className="field">
          <label htmlFor="delete-name">Type {name} to confirm</label>
          <input
            id="delete-name"
            className="input code"
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
        <DialogButtons
          action={isBusy ? 'Deleting…' : 'Delete'}
          isDanger
          isDisabled={typed !== name || isBusy}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}
