import type { ReactNode } from 'react';
import type { DashboardAnswer } from '../../../../server/library/library-api.ts';
import { usePolled } from '../../../api/polled.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { dashboardDocument } from '../address.ts';
import { Board } from './board.tsx';

/** Somebody else's changes are seen within so long. */
const everyMs = 5000;

/** One dashboard, or why there is none. */
export function BoardPage({ path }: { readonly path: string }): ReactNode {
  const { value, error, again } = usePolled<DashboardAnswer>(dashboardDocument(path), everyMs);
  if (value !== undefined) {
    return <Board document={value} isGone={error?.code === 'not_found'} reload={again} />;
  }
  return (
    <section className="section" aria-busy={error === undefined}>
      <header>
        <h1 className="board-name">{path}</h1>
      </header>
      {error !== undefined && (
        <Failure error={error}>
          <Link className="button" href="/dashboards">
            All dashboards
          </Link>
        </Failure>
      )}
    </section>
  );
}
