import { type ReactNode, useId } from 'react';

/** A labelled input, with what it is for beneath it. */
export function Field({
  label,
  about,
  isWide = false,
  children,
}: {
  readonly label: string;
  readonly about?: ReactNode;
  readonly isWide?: boolean;
  /** Given the ids that make the input the label's, and described by the words beneath. */
  readonly children: (ids: { id: string; 'aria-describedby': string | undefined }) => ReactNode;
}): ReactNode {
  const id = useId();
  const aboutId = about === undefined ? undefined : `${id}-about`;
  return (
    <div className={isWide ? 'field connect-wide' : 'field'}>
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': aboutId })}
      {about !== undefined && (
        <p id={aboutId} className="quiet">
          {about}
        </p>
      )}
    </div>
  );
}
