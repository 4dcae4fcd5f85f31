import { lazy, type ReactNode, Suspense } from 'react';
import type { ScriptFieldProps } from './script-field.tsx';
import './code-field.css';

/** Editors are large: a page is there before them. */
const LazyField = lazy(async () => ({
  default: (await import('./script-field.tsx')).ScriptField,
}));

/** The house's editor as soon as it is loaded; the text is there to read before. */
export function CodeField(props: ScriptFieldProps): ReactNode {
  const { isField = false, sql } = props;
  return (
    <Suspense
      fallback={
        <div className={isField ? 'script-field' : 'script-field high'}>
          <pre>{sql}</pre>
        </div>
      }
    >
      <LazyField {...props} />
    </Suspense>
  );
}
