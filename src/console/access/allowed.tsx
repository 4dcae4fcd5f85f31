import type { ReactNode } from 'react';
import type { Need } from './door.ts';
import { useDoor, useMay } from './use-door.ts';

/** Only for who may do what is in it. */
export function Allowed({
  need,
  children,
}: {
  readonly need: Exclude<Need, 'read'>;
  readonly children: ReactNode;
}): ReactNode {
  return useMay(need) ? children : null;
}

/** Says to who may not what they can't do here, and why; nothing to who may. */
export function NotAllowed({
  need,
  what,
}: {
  readonly need: Exclude<Need, 'read'>;
  /** `Making streams` */
  readonly what: string;
}): ReactNode {
  const door = useDoor();
  if (useMay(need) || door.kind !== 'in') return null;
  const { name, scopes } = door.principal;
  const wanted = need === 'admin' ? 'admin' : 'console or admin';
  return (
    <p className="quiet not-allowed">
      {what} needs the scope {wanted}; you are signed in as {name}, with {scopes.join(', ')}.
    </p>
  );
}
