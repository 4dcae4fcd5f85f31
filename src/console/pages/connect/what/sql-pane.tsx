import { type ReactNode, useEffect, useId, useState } from 'react';
import type { ErrorBody, ValidateAnswer } from '../../../../server/api.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { after } from '../../../clock.ts';
import { Failure } from '../../../parts/failure.tsx';

const pauseMs = 300;
const rowsMax = 44;

/** The script that all of this makes: always there, checked as it is typed. */
export function SqlPane({
  sql,
  isByHand,
  onEdit,
}: {
  readonly sql: string;
  readonly isByHand: boolean;
  /** Undefined: as the rest says. */
  readonly onEdit: (sql: string | undefined) => void;
}): ReactNode {
  const id = useId();
  const { answer, error } = useValidation(sql);
  return (
    <section className="what-sql">
      <header>
        <label htmlFor={id}>
          <h2>SQL</h2>
        </label>
        {isByHand ? (
          <>
            <span className="quiet">Edited by hand.</span>
            <button type="button" className="button plain" onClick={() => onEdit(undefined)}>
              Undo: as drafted and chosen
            </button>
          </>
        ) : (
          <span className="quiet">Follows what you choose; edit it for anything else.</span>
        )}
      </header>
      <textarea
        id={id}
        className="input code"
        rows={Math.min(rowsMax, sql.split('\n').length)}
        wrap="off"
        spellCheck={false}
        value={sql}
        onChange={(event) => onEdit(event.target.value)}
      />
      <div aria-live="polite">
        {error !== undefined && <Failure error={error} />}
        {answer?.valid === false && <ScriptErrors errors={answer.errors} />}
      </div>
    </section>
  );
}

function ScriptErrors({
  errors,
}: {
  readonly errors: Extract<ValidateAnswer, { valid: false }>['errors'];
}): ReactNode {
  return (
    <ul className="what-errors">
      {errors.map(({ message, hint, position }) => (
        <li key={`${position.line} ${position.column} ${message}`} className="notice bad">
          <div>
            <p>
              Line {position.line}, column {position.column}: {message}
            </p>
            {hint !== undefined && <p>{hint}</p>}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** What the server says of a script, shortly after each change; of the last one until then. */
export function useValidation(sql: string): {
  readonly answer: ValidateAnswer | undefined;
  readonly error: ErrorBody | undefined;
} {
  const [state, setState] = useState<{ answer?: ValidateAnswer; error?: ErrorBody }>({});
  useEffect(() => {
    const stop = new AbortController();
    const cancel = after(pauseMs, () => {
      const options = { body: { sql }, signal: stop.signal };
      request<ValidateAnswer>('/api/v1/pipelines/validate', options).then(
        (answer) => setState({ answer }),
        (thrown: unknown) => {
          if (!stop.signal.aborted) setState({ error: errorBodyOf(thrown) });
        },
      );
    });
    return () => {
      cancel();
      stop.abort();
    };
  }, [sql]);
  return { answer: state.answer, error: state.error };
}
