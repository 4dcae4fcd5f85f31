import type { ReactNode } from 'react';
import type { PageProps } from '../../frame/pages.tsx';
import { About } from './about.tsx';
import { Alerts } from './alerts.tsx';
import { Connections } from './connections.tsx';
import { Machine } from './machine.tsx';
import { Retention } from './retention.tsx';
import { Times } from './times.tsx';
import { Tokens } from './tokens/tokens.tsx';
import './settings.css';

/** What holds for all of Helios: connections, how long streams keep events, and what runs here. */
export function SettingsPage(_props: PageProps): ReactNode {
  return (
    <div className="settings">
      <h1>Settings</h1>
      <Times />
      <Tokens />
      <Connections />
      <Retention />
      <Alerts />
      <Machine />
      <About />
    </div>
  );
}
