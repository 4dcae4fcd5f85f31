import type { ReactNode } from 'react';
import type { PartitionAnswer, PipelineAnswer } from '../../../../server/api.ts';
import { bytes, count, duration } from '../../../text.ts';
import { Time } from '../../../time/time.tsx';

/** How far each partition of each source is read, and how much lies ahead. */
export function Partitions({ pipeline }: { readonly pipeline: PipelineAnswer }): ReactNode {
  const known = pipeline.sources.flatMap((source) =>
    (source.partitions ?? []).map((partition) => ({ source, partition })),
  );
  if (known.length === 0) {
    return <p className="quiet">Its sources have no partitions, or none is known yet.</p>;
  }
  return (
    <div className="table-scroll" role="region" aria-label="Partitions" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <th>source</th>
            <th>partition</th>
            <th>read up to</th>
            <th className="number">behind</th>
            <th className="number">records</th>
            <th className="number">bytes</th>
          </tr>
        </thead>
        <tbody>
          {known.map(({ source, partition }) => (
            <tr key={`${source.name}\n${partition.partition}`}>
              <td className="pipelines-names">{source.name}</td>
              <td className="pipelines-names">{partition.partition}</td>
              <td className="pipelines-names" title={partition.position}>
                {partition.position ?? 'its beginning'}
              </td>
              <Lag partition={partition} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Lag({ partition }: { readonly partition: PartitionAnswer }): ReactNode {
  const { lag_ms, lag_records, lag_bytes, lag_known_at } = partition;
  if (lag_known_at !== undefined) {
    return (
      <td colSpan={3} className="number quiet">
        not known since <Time at={lag_known_at} />
      </td>
    );
  }
  return (
    <>
      <td className="number">{lag_ms === undefined ? '–' : duration(lag_ms)}</td>
      <td className="number">{lag_records === undefined ? '–' : count(lag_records)}</td>
      <td className="number">{lag_bytes === undefined ? '–' : bytes(lag_bytes)}</td>
    </>
  );
}
