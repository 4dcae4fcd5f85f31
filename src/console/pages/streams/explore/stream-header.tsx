import type { ReactNode } from 'react';
import { Link } from '../../../link.tsx';
import { Readers } from '../list/readers.tsx';
import type { StreamReader } from '../stream-readers.ts';

/** What a stream is and who reads it, in two lines. */
export function StreamHeader({
  name,
  facts,
  readers,
  children,
}: {
  readonly name: string;
  readonly facts: ReactNode;
  readonly readers: readonly StreamReader[];
  /** What can be done with it. */
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <header className="stream-head">
      <h1>
        <Link href="/streams">Streams</Link> <span className="quiet">/</span> {name}
      </h1>
      <div className="stream-facts">{facts}</div>
      {children !== undefined && <div className="stream-actions">{children}</div>}
      {readers.length > 0 && (
        <div className="stream-readers">
          <span className="quiet">read by</span> <Readers readers={readers} />
        </div>
      )}
    </header>
  );
}
