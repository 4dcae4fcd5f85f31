import type { ReactNode } from 'react';
import { Link } from '../../link.tsx';
import { PipelineState } from '../../parts/pipeline-state.tsx';
import { count, duration, rate } from '../../text.ts';
import { pipelinePath } from '../pipelines/pipeline-path.ts';
import { lagOf, rowsOf } from '../pipelines/rates.ts';
import type { useRates } from '../pipelines/use-rates.ts';

/** Pipelines with how they are; those that need somebody first. */
export function PipelineList({
  pipelines,
  rates,
}: Pick<ReturnType<typeof useRates>, 'rates'> & {
  readonly pipelines: NonNullable<ReturnType<typeof useRates>['pipelines']>;
}): ReactNode {
  const order = ['failed', 'retrying', 'running', 'paused', 'stopped', 'finished'];
  const sorted = pipelines.toSorted(
    (one, other) =>
      order.indexOf(one.state) - order.indexOf(other.state) || one.name.localeCompare(other.name),
  );
  return (
    <div className="table-scroll" role="region" aria-label="Pipelines" tabIndex={0}>
      <table className="table home-table">
        <thead>
          <tr>
            <th>name</th>
            <th>state</th>
            <th className="number home-rate">rows</th>
            <th className="number">behind</th>
            <th className="number">rejected</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((pipeline) => {
            const { id, name, state, records_rejected } = pipeline;
            const one = rates.get(id);
            const lag = state === 'running' ? lagOf(pipeline) : undefined;
            return (
              <tr key={id}>
                <td className="home-name">
                  <Link href={pipelinePath(name)}>{name}</Link>
                </td>
                <td>
                  <PipelineState state={state} />
                </td>
                <td className="number">{one === undefined ? '–' : rate(rowsOf(one))}</td>
                <td className="number">{lag === undefined ? '–' : duration(lag)}</td>
                <td className="number">
                  {records_rejected === 0 ? (
                    '–'
                  ) : (
                    <Link
                      className="home-rejected"
                      href={`/quarantine?pipeline=${encodeURIComponent(name)}`}
                    >
                      {count(records_rejected)}
                    </Link>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
