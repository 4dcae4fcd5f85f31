import type { ReactNode } from 'react';
import type { PipelineAnswer } from '../../../../server/api.ts';
import { ShownScript } from '../../../editor/script/shown-script.tsx';
import { Link } from '../../../link.tsx';
import { usePlace, withSearch } from '../../../place.ts';
import { Epochs } from './epochs.tsx';
import { Partitions } from './partitions.tsx';
import { Rejected } from './rejected.tsx';

const tabs = [
  { show: 'sql', word: 'SQL' },
  { show: 'epochs', word: 'Epochs' },
  { show: 'rejected', word: 'Rejected' },
  { show: 'partitions', word: 'Partitions' },
] as const;

/** What is below the graph: one of four, as the address says. */
export function Details({ pipeline }: { readonly pipeline: PipelineAnswer }): ReactNode {
  const place = usePlace();
  const asked = place.search.get('show');
  const show = tabs.find((tab) => tab.show === asked)?.show ?? 'sql';
  return (
    <>
      <nav className="pipelines-tabs" aria-label={`About ${pipeline.name}`}>
        {tabs.map((tab) => (
          <Link
            key={tab.show}
            href={withSearch(place, { show: tab.show === 'sql' ? undefined : tab.show })}
            aria-current={tab.show === show ? 'page' : undefined}
          >
            {tab.word}
          </Link>
        ))}
      </nav>
      {show === 'sql' && <ShownScript sql={pipeline.sql} />}
      {show === 'epochs' && <Epochs name={pipeline.name} />}
      {show === 'rejected' && <Rejected name={pipeline.name} />}
      {show === 'partitions' && <Partitions pipeline={pipeline} />}
    </>
  );
}
