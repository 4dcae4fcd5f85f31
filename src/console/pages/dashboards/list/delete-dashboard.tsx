import { type FormEvent, type ReactNode, useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import { errorBodyOf, send } from '../../../api/request.ts';
import { DialogButtons } from '../../../parts/dialog-buttons.tsx';
import { Dialog } from '../../../parts/dialog.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { dashboardDocument } from '../address.ts';

/** Asks for the name, since nothing brings a dashboard back. */
export function DeleteDashboard({
  path,
  version,
  onDeleted,
  onClose,
}: {
  readonly path: string;
  readonly version: string;
  readonly onDeleted: () => void;
  readonly onClose: () => void;
}): ReactNode {
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<ErrorBody>();
  const remove = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (typed !== path) return;
    try {
      await send(dashboardDocument(path), { method: 'DELETE', version });
      onDeleted();
    } catch (thrown) {
      setError(errorBodyOf(thrown));
    }
  };
  return (
    <Dialog title="Delete a dashboard" onClose={onClose}>
      <form className="board-form" onSubmit={(event) => void remove(event)}>
        <p>
          The dashboard <b className="board-name">{path}</b> is deleted for everybody. Saved queries
          and tables stay.
        </p>
        <label className="field">
          <span className="label">Type its name</span>
          <input
            className="input"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
          />
        </label>
        {error !== undefined && <Failure error={error} />}
        <DialogButtons
          action="Delete the dashboard"
          cancel="Keep it"
          isDanger
          isDisabled={typed !== path}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}
