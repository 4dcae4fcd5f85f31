import type { ReactNode } from 'react';
import type { PipelineAnswer, StreamAnswer } from '../../../server/api.ts';
import { Link } from '../../link.tsx';
import { Ago } from '../../parts/ago.tsx';
import { RejectedShare } from '../../parts/rejected-share.tsx';
import { addedUp } from '../../parts/rejected-text.ts';
import { bytes, count, duration, rate } from '../../text.ts';
import { newestArrival, type StreamRate } from '../streams/list/stream-rates.ts';
import { useStreamRates } from '../streams/list/use-stream-rates.ts';
import { streamHref } from '../streams/stream-place.ts';
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
    <div className="table-scroll" role="region" aria-label="Streams" tabIndex={0}>
      <table className="table home-table">
        <thead>
          <tr>
            <th>name</th>
            <th className="home-wide">from</th>
            <th className="number home-rate">rate</th>
            <th className="number">newest</th>
            <th className="number">behind</th>
            <th className="number">rejected, 5 min</th>
            <th className="number home-wide">1 h</th>
            <th>{lately.seconds === 0 ? 'rows' : `rows in ${duration(lately.seconds * 1000)}`}</th>
          </tr>
        </thead>
        <tbody>
          {streams.map((stream) => (
            <StreamRow
              key={stream.id}
              {...{ stream, lately, rate: rates.get(stream.id) }}
              readers={readersOf(stream, pipelines)}
            />
          ))}
        </tbody>
      </table>
    </div>
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
  const newest = newestArrival(stream);
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
      <td className="home-name">
        <Link href={streamHref(stream.name)}>{stream.name}</Link>
      </td>
      <td className="home-wide">{originText(stream)}</td>
      <td className="number">{grows === undefined ? '–' : rateText(grows)}</td>
      <td className="number">{newest === undefined ? '–' : <Ago at={newest} />}</td>
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
    </tr>
  );
}

function originText({ backing, partitions }: StreamAnswer): string {
  const word = partitions.length === 1 ? 'partition' : 'partitions';
  const parts = `${count(partitions.length)} ${word}`;
  if (backing === null) return `HTTP · ${parts}`;
  return `${backing.kind === 'kafka' ? 'Kafka' : 'Kinesis'} · ${parts}`;
}

function rateText({ perSecond, unit }: StreamRate): string {
  return unit === 'bytes' ? `${bytes(perSecond)}/s` : rate(perSecond);
}
