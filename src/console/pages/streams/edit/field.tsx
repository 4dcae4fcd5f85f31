import { type ReactNode, useId } from 'react';
import type { ErrorBody } from '../../../../server/api.ts';

/** What ties an input to its label, its note and what is wrong with it. */
export type Wiring = {
  readonly id: string;
  readonly 'aria-describedby': string;
  readonly 'aria-invalid': boolean;
};

/** An input with its label above, and below it what the server says against it. */
export function Field({
  label,
  note,
  error,
  children,
}: {
  readonly label: string;
  readonly note?: string | undefined;
  readonly error?: ErrorBody | undefined;
  readonly children: (wiring: Wiring) => ReactNode;
}): ReactNode {
  const id = useId();
  const aboutId = `${id}about`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': aboutId, 'aria-invalid': error !== undefined })}
      <span
        id={aboutId}
        className={error === undefined ? 'quiet' : 'stream-form-bad'}
        role="status"
      >
        {error === undefined ? note : `${error.message} ${error.hint ?? ''}`}
      </span>
    </div>
  );
}
