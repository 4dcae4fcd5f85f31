import type { ReactNode } from 'react';
import { Link } from '../../link.tsx';

/** What the page has besides the list of reasons. */
export function QuarantineTabs({ current }: { readonly current: 'reasons' | 'alerts' }): ReactNode {
  const tab = (name: typeof current, href: string, words: string): ReactNode => (
    <Link
      href={href}
      className="quarantine-tab"
      aria-current={name === current ? 'page' : undefined}
    >
      {words}
    </Link>
  );
  return (
    <nav className="quarantine-tabs" aria-label="Of the quarantine">
      {tab('reasons', '/quarantine', 'Records')}
      {tab('alerts', '/quarantine/alerts', 'Alerts')}
    </nav>
  );
}
