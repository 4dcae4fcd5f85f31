import type { ReactNode } from 'react';
import type { PageProps } from '../../frame/pages.tsx';
import { BoardPage } from './board/board-page.tsx';
import { DashboardList } from './list/dashboard-list.tsx';
import './dashboards.css';

/** All dashboards, or the one whose path follows. */
export function DashboardsPage({ rest }: PageProps): ReactNode {
  const path = rest.join('/');
  return path === '' ? <DashboardList /> : <BoardPage key={path} path={path} />;
}
