import type { ReactNode } from 'react';
import type { PageProps } from '../../frame/pages.tsx';
import { usePlace } from '../../place.ts';
import { AlertsView } from './alerts/alerts-view.tsx';
import { filterOf, reasonOf } from './reason-sql.ts';
import { ReasonList } from './reason-list.tsx';
import { ReasonView } from './reason-view.tsx';
import './quarantine.css';

/** Rejected records by reason, those of one reason, and who is told of them. */
export function QuarantinePage({ rest }: PageProps): ReactNode {
  const { search } = usePlace();
  if (rest[0] === 'alerts') return <AlertsView />;
  const filter = filterOf(search);
  const reason = reasonOf(search);
  if (reason === undefined) return <ReasonList filter={filter} />;
  return <ReasonView reason={reason} filter={filter} />;
}
