import type { ReactNode } from 'react';
import type { StreamAnswer } from '../../../../server/api.ts';
import { Link } from '../../../link.tsx';
import { Ago } from '../../../parts/ago.tsx';
import { streamHref } from '../stream-place.ts';
import { rateText } from './stream-facts.tsx';
import { newestArrival, type StreamRate } from './stream-rates.ts';
import './streams.css';

/** What every list of streams begins with. */
export function StreamStartHead(): ReactNode {
  return (
    <>
      <th>name</th>
      <th className="number">rate</th>
      <th className="number">newest</th>
    </>
  );
}

/** A stream's name, and how it goes. */
export function StreamStart({
  stream,
  rate,
}: {
  readonly stream: StreamAnswer;
  readonly rate: StreamRate | undefined;
}): ReactNode {
  const newest = newestArrival(stream);
  return (
    <>
      <td className="streams-name">
        <Link href={streamHref(stream.name)}>{stream.name}</Link>
      </td>
      <td className="number streams-rate">
        {rate === undefined ? <span className="quiet">–</span> : rateText(rate)}
      </td>
      <td className="number streams-newest">
        {newest === undefined ? <span className="quiet">–</span> : <Ago at={newest} />}
      </td>
    </>
  );
}
