import type { ReactNode } from 'react';
import type { PipelineAnswer, StreamAnswer } from '../../../../server/api.ts';
import { Link } from '../../../link.tsx';
import { Ago } from '../../../parts/ago.tsx';
import { streamHref } from '../stream-place.ts';
import { readersOf } from '../stream-readers.ts';
import { Readers } from './readers.tsx';
import { DurabilityChip, Origin, rateText, retentionText, Size } from './stream-facts.tsx';
import { newestArrival } from './stream-rates.ts';
import { useStreamRates } from './use-stream-rates.ts';

/** Streams with what comes in and who reads it. */
export function StreamTable({
  streams,
  pipelines,
}: {
  readonly streams: readonly StreamAnswer[];
  readonly pipelines: readonly PipelineAnswer[];
}): ReactNode {
  const rates = useStreamRates(streams);
  return (
    <div className="table-scroll" role="region" aria-label="Streams" tabIndex={0}>
      <table className="table streams">
        <thead>
          <tr>
            <th>name</th>
            <th className="number">rate</th>
            <th className="number">newest</th>
            <th className="number">size</th>
            <th>read by</th>
            <th className="streams-wide">from</th>
            <th className="streams-wide number">partitions</th>
            <th className="streams-wide">retention</th>
            <th className="streams-wide">an event</th>
          </tr>
        </thead>
        <tbody>
          {streams.map((stream) => {
            const rate = rates.get(stream.id);
            const newest = newestArrival(stream);
            const readers = readersOf(stream, pipelines);
            return (
              <tr key={stream.id}>
                <td className="streams-name">
                  <Link href={streamHref(stream.name)}>{stream.name}</Link>
                </td>
                <td className="number streams-rate">
                  {rate === undefined ? <span className="quiet">–</span> : rateText(rate)}
                </td>
                <td className="number streams-newest">
                  {newest === undefined ? <span className="quiet">–</span> : <Ago at={newest} />}
                </td>
                <td className="number">
                  <Size {...stream} />
                </td>
                <td>
                  {readers.length === 0 ? (
                    <span className="quiet">nobody</span>
                  ) : (
                    <Readers readers={readers} />
                  )}
                </td>
                <td className="streams-wide">
                  <Origin backing={stream.backing} />
                </td>
                <td className="streams-wide number">
                  {stream.partitions.length === 0 ? '–' : stream.partitions.length}
                </td>
                <td className="streams-wide">{retentionText(stream)}</td>
                <td className="streams-wide">
                  <DurabilityChip durability={stream.durability} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
