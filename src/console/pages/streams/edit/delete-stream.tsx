import { type ReactNode, type SyntheticEvent, useState } from 'react';
import type { ErrorBody, StreamAnswer } from '../../../../server/api.ts';
import { errorBodyOf, send } from '../../../api/request.ts';
import { Dialog } from '../../../parts/dialog.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { Field } from '../../../parts/field.tsx';
import { bytes } from '../../../text.ts';
import { streamPath } from '../stream-place.ts';
import './edit.css';

/** Deletes a stream once its name is typed; while pipelines read it, only where that is said. */
export function DeleteStream({
  stream,
  onDone,
  onClose,
}: {
  readonly stream: StreamAnswer;
  readonly onDone: () => void;
  readonly onClose: () => void;
}): ReactNode {
  const { name } = stream;
  const [typed, setTyped] = useState('');
  const [isForced, setForced] = useState(false);
  const [error, setError] = useState<ErrorBody>();
  const isRead = error?.code === 'conflict';
  const remove = (event: SyntheticEvent): void => {
    event.preventDefault();
    send(`${streamPath(name)}${isForced ? '?force=true' : ''}`, { method: 'DELETE' }).then(
      onDone,
      (thrown: unknown) => setError(errorBodyOf(thrown)),
    );
  };
  return (
    <Dialog title={`Delete ${name}`} onClose={onClose}>
      <form className="stream-form" onSubmit={remove}>
        <p>{lossText(stream)}</p>
        {error !== undefined && <Failure error={error} />}
        {isRead && (
          <label className="stream-form-check">
            <input
              type="checkbox"
              checked={isForced}
              onChange={({ target }) => setForced(target.checked)}
            />
            Delete it though: the pipelines that read it fail
          </label>
        )}
        <Field label={`Type ${name} to say that you mean it`}>
          {(wiring) => (
            <input
              {...wiring}
              className="input"
              autoComplete="off"
              spellCheck={false}
              value={typed}
              onChange={({ target }) => setTyped(target.value)}
            />
          )}
        </Field>
        <div className="stream-form-end">
          <button
            type="submit"
            className="button danger"
            disabled={typed !== name || (isRead && !isForced)}
          >
            Delete {name}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function lossText({ backing, bytes: size }: StreamAnswer): string {
  if (backing !== null) {
    return `Helios forgets the stream. ${backing.topic} and its records stay where they are.`;
  }
  const records = size === null ? 'Its records are' : `Its records, ${bytes(size)}, are`;
  return `${records} deleted with it. Rows that pipelines made of them stay in their tables.`;
}
