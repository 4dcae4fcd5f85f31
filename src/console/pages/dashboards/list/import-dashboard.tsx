import { type FormEvent, type ReactNode, useId, useState } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';
import type { ImportAnswer, ImportBody } from '../../../../server/library/library-api.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { DialogButtons } from '../../../parts/dialog-buttons.tsx';
import { Dialog } from '../../../parts/dialog.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { Time } from '../../../time/time.tsx';
import { go } from '../../../place.ts';
import { dashboardPage } from '../address.ts';
import { conflictsOf, errorsOf } from './import-refusal.ts';

/** A dashboard from a file: what is wrong with it, and what it would replace, is told first. */
export function ImportDashboard({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [file, setFile] = useState<{ readonly name: string; readonly text: string }>();
  const [path, setPath] = useState('');
  const [error, setError] = useState<ErrorBody>();
  const [isBusy, setBusy] = useState(false);
  const conflicts = error === undefined ? [] : conflictsOf(error);
  const errors = error === undefined ? [] : errorsOf(error);
  const choose = async (chosen: File | undefined): Promise<void> => {
    setError(undefined);
    setFile(chosen && { name: chosen.name, text: await chosen.text() });
  };
  const load = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (file === undefined) return;
    setBusy(true);
    const replaces = conflicts.map(({ kind, path: there, version }) => ({
      ...{ kind, path: there, version },
    }));
    const name = path.trim() === '' ? undefined : path.trim();
    try {
      const body: ImportBody = { file: file.text, path: name, replaces };
      const made = await request<ImportAnswer>('/api/v1/library/import', { body });
      go(dashboardPage(made.path));
    } catch (thrown) {
      setError(errorBodyOf(thrown));
      setBusy(false);
    }
  };
  return (
    <Dialog title="Import a dashboard" onClose={onClose}>
      <form className="board-form" onSubmit={(event) => void load(event)}>
        <FileFields
          path={path}
          onFile={(chosen) => void choose(chosen)}
          onPath={(next) => {
            setPath(next);
            // What would be replaced under one name is not what would be under another.
            setError(undefined);
          }}
        />
        {errors.length > 0 && file !== undefined && <FileErrors name={file.name} errors={errors} />}
        {conflicts.length > 0 && <Conflicts conflicts={conflicts} />}
        {error !== undefined && errors.length + conflicts.length === 0 && <Failure error={error} />}
        <DialogButtons
          action={conflicts.length > 0 ? replaceWords(conflicts.length) : 'Import'}
          isDanger={conflicts.length > 0}
          isDisabled={file === undefined || isBusy || errors.length > 0}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}

function replaceWords(number: number): string {
  return number === 1 ? 'Replace it' : `Replace these ${number}`;
}

function FileFields({
  path,
  onFile,
  onPath,
}: {
  readonly path: string;
  readonly onFile: (file: File | undefined) => void;
  readonly onPath: (path: string) => void;
}): ReactNode {
  const id = useId();
  return (
    <>
      <div className="field">
        <label htmlFor={id}>File</label>
        <input
          id={id}
          className="input"
          type="file"
          accept=".yaml,.yml,.json"
          aria-describedby={`${id}-about`}
          onChange={({ target }) => onFile(target.files?.[0])}
        />
        <span id={`${id}-about`} className="quiet">
          YAML, as Export on a dashboard’s page writes it.
        </span>
      </div>
      <label className="field">
        <span className="label">Name</span>
        <input
          className="input"
          value={path}
          placeholder="as the file says"
          maxLength={800}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => onPath(target.value)}
        />
      </label>
    </>
  );
}

function FileErrors({
  name,
  errors,
}: {
  readonly name: string;
  readonly errors: ReturnType<typeof errorsOf>;
}): ReactNode {
  return (
    <div className="notice bad" role="alert">
      <div>
        <p>
          {name} is not taken:{' '}
          {errors.length === 1 ? 'one thing is' : `${errors.length} things are`} wrong with it.
        </p>
        <ul className="import-list">
          {errors.map(({ message, position: { line, column } }) => (
            <li key={`${line}:${column} ${message}`}>
              Line {line}, column {column}: {message}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function Conflicts({
  conflicts,
}: {
  readonly conflicts: ReturnType<typeof conflictsOf>;
}): ReactNode {
  return (
    <div className="notice" role="alert">
      <div>
        <p>There already, and not as in the file; nothing was changed:</p>
        <ul className="import-list">
          {conflicts.map(({ kind, path, changed_at: changedAt }) => (
            <li key={`${kind} ${path}`}>
              the {kind === 'query' ? 'saved query' : 'dashboard'} <b>{path}</b>, changed{' '}
              <Time at={changedAt} to="minute" />
            </li>
          ))}
        </ul>
        <p>
          Replace {conflicts.length === 1 ? 'it' : 'them'}, or give the dashboard another name
          above.
        </p>
      </div>
    </div>
  );
}
