import type { ReactNode } from 'react';
import type { PageProps } from '../../frame/pages.tsx';
import { usePlace } from '../../place.ts';
import { filterOf, reasonOf } from './reason-sql.ts';
import { ReasonList } from './reason-list.tsx';
import { ReasonView } from './reason-view.tsx';
import './quarantine.css';

/** Rejected records by reason, and those of one reason. */
export function QuarantinePage(_props: PageProps): ReactNode {
  const { search } = usePlace();
  const filter = filterOf(search);
  const reason = reasonOf(search);
  if (reason === undefined) return <ReasonList filter={filter} />;
  return <ReasonView reason={reason} since={filter.since} />;
}
