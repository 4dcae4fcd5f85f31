import type { ReactNode } from 'react';
import type { StreamDescriptionAnswer } from '../../../../server/discovery/discovery-answers.ts';
import { usePolled } from '../../../api/polled.ts';
import { Failure } from '../../../parts/failure.tsx';
import { bytes, count, rate } from '../../../text.ts';
import type { Kind } from '../draft/draft.ts';
import { costWords } from './cost.ts';

const everyMs = 60_000;
const shownMax = 100;

/** The partitions of a stream, and what reading it will cost. */
export function StreamDetails({
  connection,
  stream,
  kind,
}: {
  readonly connection: string;
  readonly stream: string;
  readonly kind: Kind;
}): ReactNode {
  const [place, name] = [connection, stream].map(encodeURIComponent);
  const path = `/api/v1/connections/${place}/streams/${name}`;
  const { value, error } = usePolled<StreamDescriptionAnswer>(path, everyMs);
  if (value === undefined) {
    return error === undefined ? (
      <p className="quiet" role="status">
        Looking at {stream} …
      </p>
    ) : (
      <Failure error={error} />
    );
  }
  const word = kind === 'kinesis' ? 'shard' : 'partition';
  const all = value.details;
  return (
    <>
      <p className="notice">{costWords(kind, value)}</p>
      <details className="connect-details">
        <summary>
          {count(all.length)} {word}
          {all.length === 1 ? '' : 's'}
        </summary>
        <div className="table-scroll" role="region" aria-label="Partitions" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th>{word}</th>
                <th className="number">first</th>
                <th className="number">next</th>
                <th className="number">size</th>
                <th className="number">events</th>
              </tr>
            </thead>
            <tbody>
              {all.slice(0, shownMax).map((one) => (
                <tr key={one.partition}>
                  <td>
                    {one.partition}
                    {one.closed && <span className="quiet"> closed</span>}
                  </td>
                  <td className="number">{one.start ?? '–'}</td>
                  <td className="number">{one.end ?? '–'}</td>
                  <td className="number">{one.bytes === undefined ? '–' : bytes(one.bytes)}</td>
                  <td className="number">
                    {one.records_per_second === undefined ? '–' : rate(one.records_per_second)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {all.length > shownMax && <p className="quiet">The first {count(shownMax)} are shown.</p>}
      </details>
    </>
  );
}
