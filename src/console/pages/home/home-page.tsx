import { type ReactNode, useMemo } from 'react';
import type { StreamListAnswer, TableListAnswer } from '../../../server/api.ts';
import { Allowed } from '../../access/allowed.tsx';
import { usePolled } from '../../api/polled.ts';
import { useRows } from '../../api/rows.ts';
import type { PageProps } from '../../frame/pages.tsx';
import { Link } from '../../link.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useRates } from '../pipelines/use-rates.ts';
import { TableList } from '../tables/table-list.tsx';
import { isMade } from '../tables/table-name.ts';
import { Ask } from './ask.tsx';
import { DemoShop } from './demo-shop.tsx';
import { FirstSteps } from './first-steps.tsx';
import { latelyOf, latelyQuestion } from './lately.ts';
import { PipelineList } from './pipeline-list.tsx';
import { StreamList } from './stream-list.tsx';
import './home.css';

const everyMs = 2000;
const latelyEveryMs = 5000;

/** What there is, how it goes, and what can be asked; where there is nothing, how to begin. */
export function HomePage(_props: PageProps): ReactNode {
  const tables = usePolled<TableListAnswer>('/api/v1/tables', everyMs);
  const streams = usePolled<StreamListAnswer>('/api/v1/streams', everyMs);
  const lately = useRows(latelyQuestion, latelyEveryMs);
  const { pipelines, rates } = useRates();
  const error = tables.error ?? streams.error;
  const isLoaded = tables.value && streams.value && pipelines;
  const own = tables.value?.tables.filter(isMade) ?? [];
  const written = tables.value?.tables.filter((table) => table.kind !== 'system') ?? [];
  const isNew = pipelines?.length === 0 && own.length === 0;
  const all = streams.value?.streams;
  // The stream that is there from the start says nothing while it is empty.
  const flowing = useMemo(
    () => all?.filter((stream) => !isNew || (stream.bytes ?? 1) > 0) ?? [],
    [all, isNew],
  );
  return (
    <div aria-busy={isLoaded === undefined && error === undefined}>
      <h1 className="visually-hidden">Home</h1>
      {error !== undefined && (
        <div className="section">
          <Failure error={error} />
        </div>
      )}
      {isLoaded !== undefined && isNew && <FirstSteps />}
      {isLoaded !== undefined && isNew && <DemoShop pipelines={pipelines ?? []} />}
      {isLoaded !== undefined && flowing.length > 0 && (
        <section className="section">
          <header>
            <h2>Streams</h2>
            <Allowed need="admin">
              <Link className="button end" href="/connect">
                <Icon name="plus" />
                Connect a stream
              </Link>
            </Allowed>
          </header>
          <StreamList
            streams={flowing}
            pipelines={pipelines ?? []}
            lately={latelyOf(lately.rows ?? [])}
          />
        </section>
      )}
      {isLoaded !== undefined && !isNew && (
        <div className="columns">
          <section className="section">
            <header>
              <h2>Tables</h2>
            </header>
            <TableList tables={written} />
          </section>
          <section className="section">
            <header>
              <h2>Pipelines</h2>
            </header>
            {pipelines?.length === 0 ? (
              <NoPipelines />
            ) : (
              <PipelineList pipelines={pipelines ?? []} rates={rates} />
            )}
          </section>
        </div>
      )}
      <Ask tables={tables.value?.tables ?? []} />
      {isLoaded !== undefined && !isNew && <DemoShop pipelines={pipelines ?? []} />}
    </div>
  );
}

function NoPipelines(): ReactNode {
  return (
    <p className="quiet">
      None yet: a pipeline keeps what a stream brings in tables.{' '}
      <Allowed need="admin">
        <Link href="/pipelines">Make the first</Link>
      </Allowed>
    </p>
  );
}
