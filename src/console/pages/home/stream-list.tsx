import type { ReactNode } from 'react';
import type { PipelineAnswer, StreamAnswer } from '../../../server/api.ts';
import { LongList } from '../../parts/long-list.tsx';
import { RejectedShare } from '../../parts/rejected-share.tsx';
import { addedUp } from '../../parts/rejected-text.ts';
import { duration } from '../../text.ts';
import { Origin } from '../streams/list/stream-facts.tsx';
import type { StreamRate } from '../streams/list/stream-rates.ts';
import { StreamStart, StreamStartHead } from '../streams/list/stream-start.tsx';
import { useStreamRates } from '../streams/list/use-stream-rates.ts';
import { readersOf } from '../streams/stream-readers.ts';
import { type Lately, together } from './lately.ts';
import { Spark } from './spark.tsx';

/** Streams with what comes in, and how far its readers are. */
export function StreamList({
  streams,
  pipelines,
  lately,
}: {
  readonly streams: readonly StreamAnswer[];
  readonly pipelines: readonly PipelineAnswer[];
  readonly lately: Lately;
}): ReactNode {
  const rates = useStreamRates(streams);
  return (
    <LongList items={streams} nameOf={({ name }) => name} what="streams">
      {(some) => (
        <div className="table-scroll" role="region" aria-label="Streams" tabIndex={0}>
          <table className="table home-table">
            <thead>
              <tr>
                <StreamStartHead />
                <th className="number">behind</th>
                <th className="number">rejected, 5 min</th>
                <th className="number home-wide">1 h</th>
                <th>
                  {lately.seconds === 0 ? 'rows' : `rows in ${duration(lately.seconds * 1000)}`}
                </th>
                <th className="home-wide">from</th>
              </tr>
            </thead>
            <tbody>
              {some.map((stream) => (
                <StreamRow
                  key={stream.id}
                  {...{ stream, lately, rate: rates.get(stream.id) }}
                  readers={readersOf(stream, pipelines)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </LongList>
  );
}

function StreamRow({
  stream,
  rate: grows,
  readers,
  lately,
}: {
  readonly stream: StreamAnswer;
  readonly rate: StreamRate | undefined;
  readonly readers: ReturnType<typeof readersOf>;
  readonly lately: Lately;
}): ReactNode {
  const lags = readers.flatMap(({ source }) => source.lag_ms ?? []);
  const names = [...new Set(readers.map(({ pipeline }) => pipeline.name))];
  const values = together(names.flatMap((name) => [lately.rows.get(name) ?? []]));
  const recent = addedUp(readers.map(({ source }) => source.recent));
  const [only] = names;
  const href =
    names.length === 1 && only !== undefined
      ? `/quarantine?pipeline=${encodeURIComponent(only)}`
      : '/quarantine';
  return (
    <tr>
      <StreamStart stream={stream} rate={grows} />
      <td className="number">{lags.length === 0 ? '–' : duration(Math.max(...lags))}</td>
      <td className="number">
        <RejectedShare recent={recent} window="last_5_minutes" href={href} />
      </td>
      <td className="number home-wide">
        <RejectedShare recent={recent} window="last_hour" href={href} />
      </td>
      <td>
        <Spark values={values} seconds={lately.seconds} />
      </td>
      <td className="home-wide">
        <Origin backing={stream.backing} />
      </td>
    </tr>
  );
}
