import type { ReactNode } from 'react';
import type { StreamAnswer, StreamListAnswer } from '../../../server/api.ts';
import { usePolled } from '../../api/polled.ts';
import { Link } from '../../link.tsx';
import { Failure } from '../../parts/failure.tsx';
import { bytes, duration } from '../../text.ts';

const everyMs = 5000;

/** How long each stream keeps its events; changed on its own page. */
export function Retention(): ReactNode {
  const { value, error } = usePolled<StreamListAnswer>('/api/v1/streams', everyMs);
  return (
    <section className="section" aria-labelledby="settings-retention">
      <header>
        <h2 id="settings-retention">Retention</h2>
        <span className="quiet">How long streams keep events. A stream’s page changes it.</span>
      </header>
      {error !== undefined && <Failure error={error} />}
      {value !== undefined && (
        <div
          className="table-scroll"
          role="region"
          aria-label="How long each stream keeps its events"
          tabIndex={0}
        >
          <table className="table">
            <thead>
              <tr>
                <th>stream</th>
                <th className="number">time</th>
                <th className="number">size at most</th>
                <th className="number">size now</th>
                <th>an event survives</th>
              </tr>
            </thead>
            <tbody>
              {value.streams.map((stream) => (
                <RetentionRow key={stream.id} stream={stream} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function RetentionRow({ stream }: { readonly stream: StreamAnswer }): ReactNode {
  const { name, backing, retention_ms, retention_bytes, durability } = stream;
  const isOwn = backing === null;
  const unlimited = isOwn ? 'the disk' : '–';
  return (
    <tr>
      <td className="settings-name">
        <Link href={`/streams/${encodeURIComponent(name)}`}>{name}</Link>
      </td>
      <td className="number">
        {retention_ms === null ? (isOwn ? 'for ever' : 'as its broker') : duration(retention_ms)}
      </td>
      <td className="number">{retention_bytes === null ? unlimited : bytes(retention_bytes)}</td>
      <td className="number">{stream.bytes === null ? '–' : bytes(stream.bytes)}</td>
      <td>
        {durability.survives === 'disk' ? 'a power cut' : 'the loss of this machine'}
        <span className="quiet">, {keepers[durability.by]}</span>
      </td>
    </tr>
  );
}

const keepers: Readonly<Record<StreamAnswer['durability']['by'], string>> = {
  volume: 'on its disk',
  s3: 'in S3',
  kafka: 'in Kafka',
  kinesis: 'in Kinesis',
};
