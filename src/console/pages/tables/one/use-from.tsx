import type { ReactNode } from 'react';
import type { TableAnswer } from '../../../../server/api.ts';
import { Copyable } from '../../../parts/copyable.tsx';
import { snippetsOf } from './snippets.ts';

/** The same table in other engines: without Helios, and without a copy. */
export function UseFrom({ table }: { readonly table: TableAnswer }): ReactNode {
  const { name, path, version, hot_rows } = table;
  if (path === undefined) return null;
  return (
    <>
      <p className="quiet">
        Other engines read the files in place.
        {hot_rows > 0 && ' They see the hot rows once those are rolled into files.'}
      </p>
      <div className="tables-uses">
        {snippetsOf({ name, path, isDelta: version !== undefined }).map(({ engine, text }) => (
          <article key={engine}>
            <h3>{engine}</h3>
            <Copyable text={text} what={`the lines for ${engine}`} />
          </article>
        ))}
      </div>
    </>
  );
}
