import { type ReactNode, Suspense, useEffect, useState } from 'react';
import { useLivePipelines } from './api/use-live.ts';
import { Boundary } from './frame/boundary.tsx';
import { Navigation } from './frame/navigation.tsx';
import { pageOf } from './frame/pages.tsx';
import { Palette } from './frame/palette.tsx';
import { chosenTheme, showTheme } from './frame/theme.ts';
import { TopBar } from './frame/top-bar.tsx';
import { usePlace } from './place.ts';
import './frame/frame.css';

/** The whole console: its frame, and in it the page of this place. */
export function App(): ReactNode {
  const { path } = usePlace();
  const found = pageOf(path);
  const pipelines = useLivePipelines();
  const rejectedCount =
    pipelines?.reduce((sum, one) => sum + one.records_rejected - one.records_replayed, 0) ?? 0;
  const [isSearching, setSearching] = useState(false);
  useEffect(() => showTheme(chosenTheme()), []);
  useEffect(() => {
    document.title = found === undefined ? 'Helios' : `${found.page.title} · Helios`;
  }, [found]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setSearching(true);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  return (
    <div className="frame">
      <TopBar onSearch={() => setSearching(true)} />
      <Navigation current={found?.page} rejectedCount={rejectedCount} />
      <main className="frame-page" id="page" tabIndex={-1}>
        <Boundary key={path}>
          <Suspense fallback={null}>
            {found === undefined ? <NoPage path={path} /> : <found.page.View rest={found.rest} />}
          </Suspense>
        </Boundary>
      </main>
      <Palette isOpen={isSearching} onClose={() => setSearching(false)} />
    </div>
  );
}

function NoPage({ path }: { readonly path: string }): ReactNode {
  return (
    <section className="section">
      <h1>There is no page {path}</h1>
      <p className="quiet">Pages are in the navigation; Ctrl K finds tables and pipelines.</p>
    </section>
  );
}
