import type { ReactNode } from 'react';
import type { ErrorBody } from '../../server/api.ts';

/** An error of the server in its own words: what, where, why, what to do. */
export function Failure({
  error,
  inWords = (words) => words,
  children,
}: {
  readonly error: ErrorBody;
  /** What the server says, in the words of the form that it is about. */
  readonly inWords?: ((words: string) => string) | undefined;
  /** A button that does what the hint says, where there is one. */
  readonly children?: ReactNode;
}): ReactNode {
  const { message, hint, position, id } = error;
  return (
    <div className="notice bad" role="alert">
      <div>
        <p>
          {position !== undefined && `Line ${position.line}, column ${position.column}: `}
          {inWords(message)}
        </p>
        {hint !== undefined && <p>{inWords(hint)}</p>}
        {error.code === 'internal' && id !== '' && <p>The server’s log has it under {id}.</p>}
      </div>
      {children}
    </div>
  );
}
