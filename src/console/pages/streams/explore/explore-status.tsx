import type { ReactNode } from 'react';
import { recordsMax } from '../../../tail/tail-buffer.ts';
import { TailStatus } from '../../../tail/tail-status.tsx';
import { count } from '../../../text.ts';
import { timeText } from '../../../time/time-text.ts';
import { Time } from '../../../time/time.tsx';
import { useZone } from '../../../time/zone.ts';
import { lookedRecords, recordsUntil } from './look/looked-records.ts';
import type { Explorer } from './use-explorer.ts';

/** How following or looking goes, in one line. */
export function ExploreStatus({
  explorer,
  onToggle,
}: {
  readonly explorer: Explorer;
  readonly onToggle: () => void;
}): ReactNode {
  const { mode, tail } = explorer;
  return (
    <div className="explore-status">
      {mode === 'look' ? (
        <Looked explorer={explorer} />
      ) : (
        <>
          {tail.error === undefined ? (
            <TailStatus view={tail.view} onToggle={onToggle} />
          ) : (
            <span className="quiet">Nothing is followed.</span>
          )}
          {tail.gapBefore !== undefined && <Gap at={tail.gapBefore} explorer={explorer} />}
        </>
      )}
      <Shown explorer={explorer} />
    </div>
  );
}

function Shown({ explorer }: { readonly explorer: Explorer }): ReactNode {
  const { find, records, recordCount, mode } = explorer;
  if (find !== '') {
    return (
      <span className="quiet end number">
        {count(records.length)} of the {count(recordCount)} shown have the text
      </span>
    );
  }
  if (mode === 'look' || recordCount < recordsMax) return null;
  return <span className="quiet end">the newest {count(recordsMax)} are kept here</span>;
}

function Gap({ at, explorer }: { readonly at: string; readonly explorer: Explorer }): ReactNode {
  return (
    <span>
      Helios was away until <Time at={at} />: what came meanwhile is not in this list.{' '}
      {explorer.mode === 'live' && (
        <button
          type="button"
          className="button plain"
          onClick={() => explorer.change({ from: 'newest' })}
        >
          Look at the newest
        </button>
      )}
    </span>
  );
}

function Looked({ explorer }: { readonly explorer: Explorer }): ReactNode {
  const { look, from, until, later } = explorer;
  const zone = useZone();
  const { answer, isLooking } = look;
  if (isLooking) return <span role="status">Looking…</span>;
  if (answer === undefined) return null;
  const shown = recordsUntil(lookedRecords(answer), until).length;
  return (
    <>
      <span role="status">
        {shown === 1 ? '1 record' : `${count(shown)} records`},{' '}
        {from === 'newest' ? 'the newest first' : 'the earliest first'}
        {until !== undefined && `, up to ${timeText(until, zone)}`}
      </span>
      {until !== undefined && (
        <button
          type="button"
          className="button plain"
          onClick={() => explorer.change({ until: undefined })}
        >
          And what came after
        </button>
      )}
      {later !== undefined && (
        <button
          type="button"
          className="button"
          onClick={() => explorer.change({ from: later, until })}
        >
          Later records
        </button>
      )}
      {answer.silent.length > 0 && answer.records.length > 0 && (
        <span className="quiet">
          nothing there in {answer.silent.length === 1 ? 'partition' : 'partitions'}{' '}
          {answer.silent.join(', ')}
        </span>
      )}
      {answer.problems.map(({ partition, message }) => (
        <span key={partition} className="state bad">
          {partition}: {message}
        </span>
      ))}
      {answer.cost !== undefined && <span className="quiet">It took {answer.cost}.</span>}
    </>
  );
}
