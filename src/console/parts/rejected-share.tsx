import type { ReactNode } from 'react';
import type { RecentCounts } from '../../server/recent-api.ts';
import { Link } from '../link.tsx';
import { rejectedText, type RejectedWindow } from './rejected-text.ts';
import './rejected-share.css';

/** What share of the records that were read lately was rejected; it leads to them. */
export function RejectedShare({
  recent,
  window,
  href,
}: {
  readonly recent: RecentCounts;
  readonly window: RejectedWindow;
  readonly href: string;
}): ReactNode {
  const { short, long, isBad } = rejectedText(recent, window);
  if (!isBad) {
    return (
      <span className="quiet" title={long}>
        {short}
      </span>
    );
  }
  return (
    <Link className="rejected-share" href={href} title={long}>
      {short}
    </Link>
  );
}
