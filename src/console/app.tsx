import { type ReactNode, Suspense, useEffect, useState } from 'react';
import { door } from './access/door.ts';
import { CannotRead } from './access/cannot-read.tsx';
import { SignIn } from './access/sign-in.tsx';
import { useDoor } from './access/use-door.ts';
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
  const state = useDoor();
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
      if (door.isPassable() && door.may('read')) setSearching(true);
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
            <Content />
          </Suspense>
        </Boundary>
      </main>
      <Palette isOpen={isSearching} onClose={() => setSearching(false)} />
      {state.kind === 'out' && <SignIn was={state.was} />}
    </div>
  );
}

/** The page of this place, for who may see it; one that was seen stays when its session ends. */
function Content(): ReactNode {
  const { path } = usePlace();
  const state = useDoor();
  const found = pageOf(path);
  if (state.kind === 'unknown' || (state.kind === 'out' && state.was === undefined)) return null;
  if (state.kind === 'in' && !door.may('read')) return <CannotRead principal={state.principal} />;
  return found === undefined ? <NoPage path={path} /> : <found.page.View rest={found.rest} />;
}

function NoPage({ path }: { readonly path: string }): ReactNode {
  return (
    <section className="section">
      <h1>There is no page {path}</h1>
      <p className="quiet">Pages are in the navigation; Ctrl K finds tables and pipelines.</p>
    </section>
  );
}
