import type { ReactNode } from 'react';
import type { PipelineAnswer, StreamAnswer } from '../../../../server/api.ts';
import { LongList } from '../../../parts/long-list.tsx';
import { readersOf } from '../stream-readers.ts';
import { Readers } from './readers.tsx';
import { DurabilityChip, Origin, retentionText, Size } from './stream-facts.tsx';
import { StreamStart, StreamStartHead } from './stream-start.tsx';
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
    <LongList items={streams} nameOf={({ name }) => name} what="streams">
      {(some) => (
        <div className="table-scroll" role="region" aria-label="Streams" tabIndex={0}>
          <table className="table streams">
            <thead>
              <tr>
                <StreamStartHead />
                <th className="number">size</th>
                <th>read by</th>
                <th className="streams-wide">from</th>
                <th className="streams-wide number">partitions</th>
                <th className="streams-wide">retention</th>
                <th className="streams-wide">an event</th>
              </tr>
            </thead>
            <tbody>
              {some.map((stream) => {
                const readers = readersOf(stream, pipelines);
                return (
                  <tr key={stream.id}>
                    <StreamStart stream={stream} rate={rates.get(stream.id)} />
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
      )}
    </LongList>
  );
}
