import type { ReactNode } from 'react';
import { useCurl } from '../../../access/use-door.ts';
import { Copyable } from '../../../parts/copyable.tsx';

/** What brings a first record to a stream that has none. */
export function SendFirst({ name }: { readonly name: string }): ReactNode {
  const curl = useCurl();
  const url = `${location.origin}/ingest/${encodeURIComponent(name)}`;
  return (
    <div className="explore-first">
      <h2>Nothing has come to this stream yet</h2>
      <p>Send it an event; it appears here by itself.</p>
      <Copyable text={`${curl} '${url}' -d '{"hello": "world"}'`} what="the command" />
      <p className="quiet">
        A JSON object, an array of objects, or one object a line. What is answered with 200 is on
        disk.
      </p>
    </div>
  );
}
