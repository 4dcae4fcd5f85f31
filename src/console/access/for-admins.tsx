import type { ReactNode } from 'react';
import { NotAllowed } from './allowed.tsx';
import { useMay } from './use-door.ts';

/** A page that changes what runs; who may not reads why. */
export function ForAdmins({
  title,
  what,
  children,
}: {
  readonly title: string;
  /** `Making pipelines` */
  readonly what: string;
  readonly children: ReactNode;
}): ReactNode {
  if (useMay('admin')) return children;
  return (
    <section className="section">
      <h1>{title}</h1>
      <NotAllowed need="admin" what={what} />
    </section>
  );
}
