import { type ReactNode, useId } from 'react';
import type { ErrorBody } from '../../server/api.ts';

/** What ties an input to its label, and to what is said beneath it. */
export type FieldWiring = {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean;
};

/** An input with its label above; beneath it what it is for, or what the server says against it. */
export function Field({
  label,
  note,
  error,
  isWide = false,
  children,
}: {
  readonly label: string;
  readonly note?: ReactNode;
  readonly error?: ErrorBody | undefined;
  /** Takes all columns of a form. */
  readonly isWide?: boolean;
  readonly children: (wiring: FieldWiring) => ReactNode;
}): ReactNode {
  const id = useId();
  const noteId = note === undefined && error === undefined ? undefined : `${id}-note`;
  return (
    <div className={isWide ? 'field wide' : 'field'}>
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': noteId, 'aria-invalid': error !== undefined })}
      {noteId !== undefined && (
        <p
          id={noteId}
          className={error === undefined ? 'quiet' : 'field-bad'}
          role={error === undefined ? undefined : 'alert'}
        >
          {error === undefined ? note : `${error.message} ${error.hint ?? ''}`}
        </p>
      )}
    </div>
  );
}
