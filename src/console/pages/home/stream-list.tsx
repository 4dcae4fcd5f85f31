import type { ReactNode } from 'react';
import type { PipelineAnswer, StreamAnswer } from '../../../server/api.ts';
import type { AnswerRow } from '../../api/rows.ts';
import { Link } from '../../link.tsx';
import { Ago } from '../../parts/ago.tsx';
import { bytes, count, duration, rate } from '../../text.ts';
import { newestArrival, type StreamRate } from '../streams/list/stream-rates.ts';
import { useStreamRates } from '../streams/list/use-stream-rates.ts';
import { streamHref } from '../streams/stream-place.ts';
import { readersOf } from '../streams/stream-readers.ts';
import { type Lately, rejectedOf, together } from './lately.ts';
import { Spark } from './spark.tsx';

/** Streams with what comes in, and how far its readers are. */
export function StreamList({
  streams,
  pipelines,
  lately,
  rejected,
}: {
  readonly streams: readonly StreamAnswer[];
  readonly pipelines: readonly PipelineAnswer[];
  readonly lately: Lately;
  readonly rejected: readonly AnswerRow[];
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
            <th className="number">rejected in 1 h</th>
            <th>{lately.seconds === 0 ? 'rows' : `rows in ${duration(lately.seconds * 1000)}`}</th>
          </tr>
        </thead>
        <tbody>
          {streams.map((stream) => (
            <StreamRow
              key={stream.id}
              {...{ stream, lately, rejected, rate: rates.get(stream.id) }}
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
  rejected,
}: {
  readonly stream: StreamAnswer;
  readonly rate: StreamRate | undefined;
  readonly readers: ReturnType<typeof readersOf>;
  readonly lately: Lately;
  readonly rejected: readonly AnswerRow[];
}): ReactNode {
  const newest = newestArrival(stream);
  const lags = readers.flatMap(({ source }) => source.lag_ms ?? []);
  const names = [...new Set(readers.map(({ pipeline }) => pipeline.name))];
  const values = together(names.flatMap((name) => [lately.rows.get(name) ?? []]));
  const sources = readers.map(({ pipeline, source }) => ({
    pipeline: pipeline.name,
    source: source.name,
  }));
  const bad = rejectedOf(rejected, sources);
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
        {bad === 0 ? (
          '–'
        ) : (
          <Link className="home-rejected" href="/quarantine">
            {count(bad)}
          </Link>
        )}
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
