import { type ReactNode, useState } from 'react';
import type { StreamAnswer } from '../../../../server/api.ts';
import { Allowed, NotAllowed } from '../../../access/allowed.tsx';
import { usePolled } from '../../../api/polled.ts';
import { useLivePipelines } from '../../../api/use-live.ts';
import { Ago } from '../../../parts/ago.tsx';
import { Failure } from '../../../parts/failure.tsx';
import { go } from '../../../place.ts';
import { ChangeStream } from '../edit/change-stream.tsx';
import { DeleteStream } from '../edit/delete-stream.tsx';
import { DurabilityChip, Origin, retentionText } from '../list/stream-facts.tsx';
import { newestArrival } from '../list/stream-rates.ts';
import { streamPath } from '../stream-place.ts';
import { readersOf } from '../stream-readers.ts';
import { ExplorerView } from './explorer-view.tsx';
import { SendFirst } from './send-first.tsx';
import { StreamHeader } from './stream-header.tsx';

const everyMs = 2000;
const lookCount = 500;

/** A stream of Helios, whoever keeps its records. */
export function OwnStream({ name }: { readonly name: string }): ReactNode {
  const { value: stream, error, again } = usePolled<StreamAnswer>(streamPath(name), everyMs);
  const pipelines = useLivePipelines() ?? [];
  const [dialog, setDialog] = useState<'change' | 'delete'>();
  if (stream === undefined) {
    return (
      <section className="section">{error !== undefined && <Failure error={error} />}</section>
    );
  }
  const readers = readersOf(stream, pipelines);
  const { backing } = stream;
  const explored = {
    name,
    connection: undefined,
    // A shard is read five times a second by everybody together: tails would take from that.
    canFollow: backing?.kind !== 'kinesis',
    unit: backing === null ? 'bytes' : 'records',
    lookCount,
  } as const;
  return (
    <div className="stream">
      <StreamHeader name={name} readers={readers} facts={<Facts stream={stream} />}>
        <Allowed need="admin">
          <button type="button" className="button" onClick={() => setDialog('change')}>
            Change
          </button>
          <button type="button" className="button danger" onClick={() => setDialog('delete')}>
            Delete
          </button>
        </Allowed>
        <NotAllowed need="admin" what="Changing a stream" />
      </StreamHeader>
      <ExplorerView
        explored={explored}
        readers={readers}
        empty={isEmpty(stream) ? <SendFirst name={name} /> : <Quiet />}
      />
      {dialog === 'change' && (
        <ChangeStream stream={stream} onDone={again} onClose={() => setDialog(undefined)} />
      )}
      {dialog === 'delete' && (
        <DeleteStream
          stream={stream}
          onDone={() => go('/streams')}
          onClose={() => setDialog(undefined)}
        />
      )}
    </div>
  );
}

function Facts({ stream }: { readonly stream: StreamAnswer }): ReactNode {
  const { partitions } = stream;
  const newest = newestArrival(stream);
  return (
    <>
      <Origin backing={stream.backing} />
      {partitions.length > 0 && (
        <span>{partitions.length === 1 ? '1 partition' : `${partitions.length} partitions`}</span>
      )}
      <span>{retentionText(stream)}</span>
      <DurabilityChip durability={stream.durability} />
      {newest !== undefined && (
        <span>
          newest <Ago at={newest} />
        </span>
      )}
    </>
  );
}

function Quiet(): ReactNode {
  return (
    <p className="quiet">Nothing has come since you look. New records appear by themselves.</p>
  );
}

function isEmpty({ partitions, backing }: StreamAnswer): boolean {
  if (backing?.kind === 'kinesis') return true;
  return partitions.every(({ start_offset, end_offset }) => start_offset === end_offset);
}
