import { type ReactNode, useEffect, useState } from 'react';
import type { ConnectionAnswer, ErrorBody, PipelineAnswer } from '../../../../server/api.ts';
import type {
  ConnectionStreamsAnswer,
  StreamSummaryAnswer,
} from '../../../../server/discovery/discovery-answers.ts';
import { errorBodyOf, request } from '../../../api/request.ts';
import { Link } from '../../../link.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { LongList } from '../../../parts/long-list.tsx';
import { bytes, count, duration, rate } from '../../../text.ts';
import { streamHref } from '../stream-place.ts';
import { readersThrough } from '../stream-readers.ts';
import { Readers } from './readers.tsx';

type Listed = {
  readonly streams?: readonly StreamSummaryAnswer[];
  readonly error?: ErrorBody;
};

/** What a connection leads to. It is asked for once it is wanted: it may take a while there. */
export function ConnectionStreams({
  connection: { name, kind },
  pipelines,
}: {
  readonly connection: ConnectionAnswer;
  readonly pipelines: readonly PipelineAnswer[];
}): ReactNode {
  const [round, setRound] = useState(0);
  const [listed, setListed] = useState<Listed>({});
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    if (round === 0) return undefined;
    const stop = new AbortController();
    const path = `/api/v1/connections/${encodeURIComponent(name)}/streams`;
    setAsking(true);
    request<ConnectionStreamsAnswer>(path, { signal: stop.signal })
      .then(
        ({ streams }) => setListed({ streams }),
        (thrown: unknown) => {
          if (!stop.signal.aborted) setListed({ error: errorBodyOf(thrown) });
        },
      )
      .finally(() => {
        if (!stop.signal.aborted) setAsking(false);
      });
    return () => stop.abort();
  }, [name, round]);
  const what = kind === 'kafka' ? 'topics' : 'streams';
  const { streams, error } = listed;
  return (
    <section className="section">
      <header>
        <h2>
          {kind === 'kafka' ? 'Kafka' : 'Kinesis'} through {name}
        </h2>
        <button
          type="button"
          className="button"
          disabled={isAsking}
          onClick={() => setRound(round + 1)}
        >
          {isAsking ? 'Asking…' : streams === undefined ? `Show its ${what}` : 'Ask again'}
        </button>
      </header>
      {error !== undefined && <Failure error={error} />}
      {streams !== undefined &&
        (streams.length === 0 ? (
          <p className="quiet">There are no {what} that this connection’s user may see.</p>
        ) : (
          <Streams connection={name} kind={kind} streams={streams} pipelines={pipelines} />
        ))}
    </section>
  );
}

function Streams({
  connection,
  kind,
  streams,
  pipelines,
}: {
  readonly connection: string;
  readonly kind: ConnectionAnswer['kind'];
  readonly streams: readonly StreamSummaryAnswer[];
  readonly pipelines: readonly PipelineAnswer[];
}): ReactNode {
  return (
    <LongList items={streams} nameOf={({ name }) => name} what="streams">
      {(some) => (
        <div className="table-scroll" role="region" aria-label={`Of ${connection}`} tabIndex={0}>
          <table className="table streams">
            <thead>
              <tr>
                <th>name</th>
                <th className="number">rate</th>
                <th className="number">{kind === 'kafka' ? 'partitions' : 'shards'}</th>
                <th className="number">size</th>
                <th>read by</th>
                <th>retention</th>
              </tr>
            </thead>
            <tbody>
              {some.map((stream) => {
                const readers = readersThrough(connection, stream.name, pipelines);
                return (
                  <tr key={stream.name}>
                    <td className="streams-name">
                      <Link href={streamHref(stream.name, connection)}>{stream.name}</Link>
                    </td>
                    <td className="number">{summaryRate(stream) ?? '–'}</td>
                    <td className="number">
                      {stream.partitions === undefined ? '–' : count(stream.partitions)}
                    </td>
                    <td className="number">
                      {stream.bytes === undefined ? '–' : bytes(stream.bytes)}
                    </td>
                    <td>
                      {readers.length === 0 ? (
                        <span className="quiet">nobody</span>
                      ) : (
                        <Readers readers={readers} />
                      )}
                    </td>
                    <td>{keptText(stream.retention_ms) ?? '–'}</td>
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

function summaryRate(stream: StreamSummaryAnswer): string | undefined {
  const { records_per_second: records, bytes_per_second: perSecond } = stream;
  if (records !== undefined) return rate(records);
  return perSecond === undefined ? undefined : `${bytes(perSecond)}/s`;
}

function keptText(ageMs: number | null | undefined): string | undefined {
  if (ageMs === undefined) return undefined;
  return ageMs === null ? 'kept for ever' : `kept ${duration(ageMs)}`;
}
