import type { ReactNode } from 'react';
import type { ConnectionListAnswer } from '../../../../server/api.ts';
import type { StreamDescriptionAnswer } from '../../../../server/discovery/discovery-answers.ts';
import { usePolled } from '../../../api/polled.ts';
import { useLivePipelines } from '../../../api/use-live.ts';
import { Failure } from '../../../parts/failure.tsx';
import { bytes, count, duration, rate } from '../../../text.ts';
import { streamPath } from '../stream-place.ts';
import { readersThrough } from '../stream-readers.ts';
import { ExplorerView } from './explorer-view.tsx';
import { StreamHeader } from './stream-header.tsx';

/** A look takes of limits that others share, so it is asked for seldom and is small. */
const everyMs = 60_000;
const lookCount = 100;

/** A topic or stream of somebody else's, seen through a connection. */
export function ConnectionStream({
  connection,
  name,
}: {
  readonly connection: string;
  readonly name: string;
}): ReactNode {
  const path = streamPath(name, connection);
  const { value: stream, error } = usePolled<StreamDescriptionAnswer>(path, everyMs);
  const { value: connections } = usePolled<ConnectionListAnswer>('/api/v1/connections', everyMs);
  const readers = readersThrough(connection, name, useLivePipelines() ?? []);
  const kind = connections?.connections.find((one) => one.name === connection)?.kind;
  return (
    <div className="stream">
      <StreamHeader
        name={name}
        readers={readers}
        facts={
          <>
            <span>
              {kind === 'kinesis' ? 'Kinesis stream' : kind === 'kafka' ? 'Kafka topic' : ''}{' '}
              through {connection}
            </span>
            {stream !== undefined && <Facts stream={stream} kind={kind} />}
          </>
        }
      />
      {error !== undefined && <Failure error={error} />}
      <ExplorerView
        explored={{ name, connection, canFollow: false, unit: 'records', lookCount }}
        readers={readers}
        empty={<p className="quiet">It has no record that is kept still.</p>}
      />
    </div>
  );
}

function Facts({
  stream,
  kind,
}: {
  readonly stream: StreamDescriptionAnswer;
  readonly kind: 'kafka' | 'kinesis' | undefined;
}): ReactNode {
  const { partitions, retention_ms, records_per_second, bytes: size } = stream;
  const parts = kind === 'kinesis' ? 'shards' : 'partitions';
  return (
    <>
      {partitions !== undefined && (
        <span>
          {count(partitions)} {parts}
        </span>
      )}
      {records_per_second !== undefined && <span>{rate(records_per_second)}</span>}
      {size !== undefined && <span>{bytes(size)}</span>}
      {retention_ms === null && <span>kept for ever</span>}
      {typeof retention_ms === 'number' && <span>kept {duration(retention_ms)}</span>}
    </>
  );
}
