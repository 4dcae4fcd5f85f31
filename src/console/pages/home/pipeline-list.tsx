import type { ReactNode } from 'react';
import { Link } from '../../link.tsx';
import { PipelineState } from '../../parts/pipeline-state.tsx';
import { RejectedShare } from '../../parts/rejected-share.tsx';
import { duration, rate } from '../../text.ts';
import { pipelinePath } from '../pipelines/pipeline-path.ts';
import { lagOf, rowsOf } from '../pipelines/rates.ts';
import type { useRates } from '../pipelines/use-rates.ts';
import { SparkLine } from '../quarantine/spark-line.tsx';

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
            <th className="number">rejected, 5 min</th>
            <th className="number">1 h</th>
            <th>by minute</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((pipeline) => {
            const { id, name, state, recent } = pipeline;
            const href = `/quarantine?pipeline=${encodeURIComponent(name)}`;
            const one = rates.get(id);
            const lag = state === 'running' ? lagOf(pipeline) : undefined;
            return (
              <tr key={id}>
                <td className="home-name home-short">
                  <Link href={pipelinePath(name)} title={name}>
                    {name}
                  </Link>
                </td>
                <td>
                  <PipelineState state={state} />
                </td>
                <td className="number">{one === undefined ? '–' : rate(rowsOf(one))}</td>
                <td className="number">{lag === undefined ? '–' : duration(lag)}</td>
                <td className="number">
                  <RejectedShare recent={recent} window="last_5_minutes" href={href} />
                </td>
                <td className="number">
                  <RejectedShare recent={recent} window="last_hour" href={href} />
                </td>
                <td>
                  <SparkLine minutes={recent.rejected_by_minute} width={60} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
