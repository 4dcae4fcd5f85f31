import { type ReactNode, useState } from 'react';
import { useLivePipelines, useSocketState } from '../api/use-live.ts';
import { Link } from '../link.tsx';
import { Icon } from '../parts/icon.tsx';
import { duration } from '../text.ts';
import { AccountMenu } from './account-menu.tsx';
import { ZoneMenu } from './zone-menu.tsx';
import { chooseTheme, chosenTheme, type Theme } from './theme.ts';

const nextTheme: Readonly<Record<Theme, Theme>> = {
  system: 'light',
  light: 'dark',
  dark: 'system',
};

export function TopBar({ onSearch }: { readonly onSearch: () => void }): ReactNode {
  const [theme, setTheme] = useState(chosenTheme);
  const change = (): void => {
    chooseTheme(nextTheme[theme]);
    setTheme(nextTheme[theme]);
  };
  return (
    <header className="frame-top">
      <button type="button" className="frame-search" onClick={onSearch}>
        <Icon name="search" />
        <span>Search or jump to…</span>
        <kbd>Ctrl K</kbd>
      </button>
      <div className="end">
        <Freshness />
        <ZoneMenu />
        <AccountMenu />
        <button
          type="button"
          className="button plain"
          onClick={change}
          title={`Theme: ${theme}`}
          aria-label={`Theme: ${theme}. Change to ${nextTheme[theme]}`}
        >
          <Icon name="theme" />
        </button>
      </div>
    </header>
  );
}

/** How far the slowest running pipeline is behind, or that the server is away. */
function Freshness(): ReactNode {
  const socket = useSocketState();
  const pipelines = useLivePipelines();
  if (socket.kind === 'away') {
    return (
      <span className="state waiting" role="status">
        <span className="mark" aria-hidden="true">
          ↻
        </span>
        Helios does not answer; trying again
      </span>
    );
  }
  const running = pipelines?.filter(({ state }) => state === 'running') ?? [];
  const failed = pipelines?.filter(({ state }) => state === 'failed').length ?? 0;
  if (failed === 0 && running.length === 0) return null;
  const lags = running.flatMap(({ sources }) => sources.map(({ lag_ms }) => lag_ms ?? 0));
  return (
    <Link className="button plain" href="/">
      {failed > 0 && (
        <span className="state bad">
          <span className="mark">✕</span>
          {failed} failed
        </span>
      )}
      {running.length > 0 && (
        <span className="state" title="How far the slowest running pipeline is behind">
          <span className="mark" style={{ color: 'var(--hot)' }} aria-hidden="true">
            ●
          </span>
          live <span className="number">{duration(Math.max(0, ...lags))}</span>
        </span>
      )}
    </Link>
  );
}
