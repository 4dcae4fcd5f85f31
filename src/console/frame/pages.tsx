import { type ComponentType, lazy, type LazyExoticComponent } from 'react';
import type { IconName } from '../parts/icon.tsx';

/** What a page is given: the parts of its path behind its own name, decoded. */
export type PageProps = { readonly rest: readonly string[] };

export type Page = {
  /** The first part of its path; the home page has none. */
  readonly name: string;
  readonly title: string;
  readonly icon: IconName;
  /** It is gone to from other pages, and by its name. */
  readonly isOffNavigation?: true;
  readonly View: LazyExoticComponent<ComponentType<PageProps>>;
};

/** All pages, in the order of the navigation. Each is loaded when it is first gone to. */
export const pages: readonly Page[] = [
  {
    name: '',
    title: 'Home',
    icon: 'home',
    View: lazy(async () => ({ default: (await import('../pages/home/home-page.tsx')).HomePage })),
  },
  {
    name: 'streams',
    title: 'Streams',
    icon: 'stream',
    View: lazy(async () => ({
      default: (await import('../pages/streams/streams-page.tsx')).StreamsPage,
    })),
  },
  {
    name: 'sql',
    title: 'SQL',
    icon: 'sql',
    View: lazy(async () => ({ default: (await import('../pages/sql/sql-page.tsx')).SqlPage })),
  },
  {
    name: 'dashboards',
    title: 'Dashboards',
    icon: 'dashboard',
    View: lazy(async () => ({
      default: (await import('../pages/dashboards/dashboards-page.tsx')).DashboardsPage,
    })),
  },
  {
    name: 'pipelines',
    title: 'Pipelines',
    icon: 'pipeline',
    View: lazy(async () => ({
      default: (await import('../pages/pipelines/pipelines-page.tsx')).PipelinesPage,
    })),
  },
  {
    name: 'tables',
    title: 'Tables',
    icon: 'table',
    View: lazy(async () => ({
      default: (await import('../pages/tables/tables-page.tsx')).TablesPage,
    })),
  },
  {
    name: 'quarantine',
    title: 'Quarantine',
    icon: 'rejected',
    View: lazy(async () => ({
      default: (await import('../pages/quarantine/quarantine-page.tsx')).QuarantinePage,
    })),
  },
  {
    name: 'settings',
    title: 'Settings',
    icon: 'settings',
    View: lazy(async () => ({
      default: (await import('../pages/settings/settings-page.tsx')).SettingsPage,
    })),
  },
  {
    name: 'connect',
    title: 'Connect a stream',
    icon: 'plus',
    isOffNavigation: true,
    View: lazy(async () => ({
      default: (await import('../pages/connect/connect-page.tsx')).ConnectPage,
    })),
  },
  {
    name: 'login',
    title: 'Sign in',
    icon: 'person',
    isOffNavigation: true,
    View: lazy(async () => ({ default: (await import('../access/login-page.tsx')).LoginPage })),
  },
];

/** The page of a path, and what stands behind its name; undefined where there is none. */
export function pageOf(path: string): { readonly page: Page; readonly rest: string[] } | undefined {
  const [name = '', ...rest] = path.split('/').slice(1).map(decodeURIComponent);
  const page = pages.find((one) => one.name === name);
  return page && { page, rest: rest.filter((part) => part !== '') };
}
