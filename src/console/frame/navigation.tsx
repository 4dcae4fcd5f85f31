import type { ReactNode } from 'react';
import { Link } from '../link.tsx';
import { Icon } from '../parts/icon.tsx';
import { count } from '../text.ts';
import { type Page, pages } from './pages.tsx';

export function Navigation({
  current,
  rejectedCount,
}: {
  readonly current: Page | undefined;
  readonly rejectedCount: number;
}): ReactNode {
  return (
    <nav className="frame-nav" aria-label="Pages">
      <Link href="/" className="frame-brand">
        <Icon name="sun" />
        <span>Helios</span>
      </Link>
      {pages
        .filter(({ isOffNavigation }) => isOffNavigation !== true)
        .map((page) => (
          <Link
            key={page.name}
            href={`/${page.name}`}
            className={page.name === 'settings' ? 'frame-link last' : 'frame-link'}
            title={page.title}
            aria-current={page === current ? 'page' : undefined}
          >
            <Icon name={page.icon} />
            <span className="word">{page.title}</span>
            {page.name === 'quarantine' && rejectedCount > 0 && (
              <span className="count" title={`${count(rejectedCount)} rejected records`}>
                {count(rejectedCount)}
              </span>
            )}
          </Link>
        ))}
    </nav>
  );
}
