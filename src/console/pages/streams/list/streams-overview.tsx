import { type ReactNode, useState } from 'react';
import type { ConnectionListAnswer, StreamListAnswer } from '../../../../server/api.ts';
import { Allowed, NotAllowed } from '../../../access/allowed.tsx';
import { usePolled } from '../../../api/polled.ts';
import { useLivePipelines } from '../../../api/use-live.ts';
import { Failure } from '../../../parts/failure.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { go } from '../../../place.ts';
import { CreateStream } from '../edit/create-stream.tsx';
import { streamHref } from '../stream-place.ts';
import { ConnectionStreams } from './connection-streams.tsx';
import { StreamTable } from './stream-table.tsx';
import './streams.css';

const everyMs = 2000;
const connectionsEveryMs = 15_000;

/** Streams of Helios, and those that its connections lead to. */
export function StreamsOverview(): ReactNode {
  const { value, error, again } = usePolled<StreamListAnswer>('/api/v1/streams', everyMs);
  const connections = usePolled<ConnectionListAnswer>('/api/v1/connections', connectionsEveryMs);
  const pipelines = useLivePipelines() ?? [];
  const [isCreating, setCreating] = useState(false);
  return (
    <>
      <section className="section">
        <header>
          <h1>Streams</h1>
          <Allowed need="admin">
            <button type="button" className="button end" onClick={() => setCreating(true)}>
              <Icon name="plus" />
              New stream
            </button>
          </Allowed>
        </header>
        <NotAllowed need="admin" what="Making streams, and looking through connections," />
        {error !== undefined && <Failure error={error} />}
        {value?.damaged?.map((stream) => (
          <Failure key={stream.name} error={{ ...stream.error, id: '' }} />
        ))}
        {value !== undefined && <StreamTable streams={value.streams} pipelines={pipelines} />}
      </section>
      <Allowed need="admin">
        {connections.value?.connections.map((connection) => (
          <ConnectionStreams key={connection.name} connection={connection} pipelines={pipelines} />
        ))}
      </Allowed>
      {isCreating && (
        <CreateStream
          connections={connections.value?.connections ?? []}
          onDone={({ name }) => {
            again();
            go(streamHref(name));
          }}
          onClose={() => setCreating(false)}
        />
      )}
    </>
  );
}
