import { type ReactNode, useId, useState } from 'react';
import type { ErrorBody } from '../../../server/api.ts';
import { errorBodyOf, send } from '../../api/request.ts';
import { Failure } from '../../parts/failure.tsx';

/** Deletes a connection once its name was typed; the server refuses while something uses it. */
export function DeleteConnection({
  name,
  onDeleted,
  onCancel,
}: {
  readonly name: string;
  readonly onDeleted: () => void;
  readonly onCancel: () => void;
}): ReactNode {
  const id = useId();
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<ErrorBody>();
  const remove = async (): Promise<void> => {
    try {
      await send(`/api/v1/connections/${encodeURIComponent(name)}`, { method: 'DELETE' });
      onDeleted();
    } catch (thrown) {
      setError(errorBodyOf(thrown));
    }
  };
  return (
    <form
      className="settings-delete"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed === name) void remove();
      }}
    >
      <label htmlFor={id}>
        Type <strong>{name}</strong> to delete it
      </label>
      <input
        id={id}
        className="input code"
        autoFocus
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <button type="submit" className="button danger" disabled={typed !== name}>
        Delete
      </button>
      <button type="button" className="button plain" onClick={onCancel}>
        Keep it
      </button>
      {error !== undefined && <Failure error={error} />}
    </form>
  );
}
