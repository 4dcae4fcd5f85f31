import { lazy, type ReactNode, Suspense } from 'react';
import { Copyable } from '../../parts/copyable.tsx';

/** What knows SQL is large: the script is there to read before. */
const LazyText = lazy(async () => ({
  default: (await import('./script-text.tsx')).ScriptText,
}));

/** A script to read and to take along. */
export function ShownScript({ sql }: { readonly sql: string }): ReactNode {
  return (
    <Copyable text={sql} what="the SQL">
      <Suspense fallback={<pre>{sql}</pre>}>
        <LazyText sql={sql} />
      </Suspense>
    </Copyable>
  );
}
