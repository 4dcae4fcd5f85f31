import type { ReactNode } from 'react';
import type { PipelineAnswer } from '../../../server/api.ts';
import { Allowed, NotAllowed } from '../../access/allowed.tsx';
import { ShownScript } from '../../editor/script/shown-script.tsx';
import { Link } from '../../link.tsx';
import { Icon } from '../../parts/icon.tsx';
import { PipelineState } from '../../parts/pipeline-state.tsx';
import { RejectedShare } from '../../parts/rejected-share.tsx';
import { bytes, count, duration, rate } from '../../text.ts';
import { exampleScript } from './edit/example-script.ts';
import { newPath, pipelinePath } from './pipeline-path.ts';
import { lagOf, type PipelineRates, quarantineTable, rowsOf } from './rates.ts';
import { useRates } from './use-rates.ts';

/** All pipelines with what goes through them now. */
export function PipelineList(): ReactNode {
  const { pipelines, rates } = useRates();
  return (
    <section className="section pipelines">
      <header>
        <h1>Pipelines</h1>
        <Allowed need="admin">
          <Link href={newPath} className="button end">
            <Icon name="plus" />
            New pipeline
          </Link>
        </Allowed>
      </header>
      <NotAllowed need="admin" what="Making and changing pipelines" />
      {pipelines?.length === 0 && <NoPipelines />}
      {pipelines !== undefined && pipelines.length > 0 && (
        <div className="table-scroll" role="region" aria-label="Pipelines" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th>name</th>
                <th>state</th>
                <th className="number">behind</th>
                <th className="number">rows</th>
                <th className="number">read</th>
                <th className="number">rejected, 5 min</th>
                <th className="number">1 h</th>
                <th className="number">in all</th>
                <th>from</th>
                <th>into</th>
              </tr>
            </thead>
            <tbody>
              {pipelines
                .toSorted((one, other) => one.name.localeCompare(other.name))
                .map((pipeline) => (
                  <PipelineRow
                    key={pipeline.id}
                    pipeline={pipeline}
                    rates={rates.get(pipeline.id)}
                  />
                ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function PipelineRow({
  pipeline,
  rates,
}: {
  readonly pipeline: PipelineAnswer;
  readonly rates: PipelineRates | undefined;
}): ReactNode {
  const { name, state, error, sources, sinks, records_rejected, recent } = pipeline;
  const rejectedHref = `/quarantine?pipeline=${encodeURIComponent(name)}`;
  const lag = lagOf(pipeline);
  const waiting = [...sources, ...sinks].find((one) => one.waiting !== undefined)?.waiting;
  const tables = sinks.filter(({ table }) => table !== quarantineTable);
  const why = error?.message ?? waiting?.message;
  return (
    <>
      <tr>
        <td className="pipelines-name">
          <Link href={pipelinePath(name)}>{name}</Link>
        </td>
        <td>
          <PipelineState state={state} />
        </td>
        <td className="number">{lag === undefined || state !== 'running' ? '–' : duration(lag)}</td>
        <td className="number">{rates === undefined ? '' : rate(rowsOf(rates))}</td>
        <td className="number">{rates === undefined ? '' : `${bytes(rates.bytesRead)}/s`}</td>
        <td className="number">
          <RejectedShare recent={recent} window="last_5_minutes" href={rejectedHref} />
        </td>
        <td className="number">
          <RejectedShare recent={recent} window="last_hour" href={rejectedHref} />
        </td>
        <td className="number">
          {records_rejected === 0 ? (
            '0'
          ) : (
            <Link className="pipelines-rejected" href={rejectedHref}>
              {count(records_rejected)}
            </Link>
          )}
        </td>
        <td className="pipelines-names">
          {sources.map((source) => `${source.name} (${source.connector})`).join(', ')}
        </td>
        <td className="pipelines-names">{tables.map(({ table }) => table).join(', ')}</td>
      </tr>
      {why !== undefined && (
        <tr className="pipelines-why">
          <td />
          <td colSpan={9}>{why}</td>
        </tr>
      )}
    </>
  );
}

function NoPipelines(): ReactNode {
  return (
    <div className="pipelines-empty">
      <p>
        A pipeline reads streams, runs SQL over each of their records, and keeps the rows in tables
        that other engines read, too. This one keeps what is sent to the stream <code>events</code>:
      </p>
      <ShownScript sql={exampleScript} />
      <Allowed need="admin">
        <p>
          <Link href={`${newPath}?example=1`} className="button main">
            Try it
          </Link>
        </p>
      </Allowed>
    </div>
  );
}
