import { lazy, type ReactNode, Suspense } from 'react';
import type { SqlEditorProps } from '../../editor/sql-editor.tsx';

const LazyEditor = lazy(async () => ({
  default: (await import('../../editor/sql-editor.tsx')).SqlEditor,
}));

/** The editor as soon as it is loaded; the text is there to read before. */
export function EditorPane(props: SqlEditorProps): ReactNode {
  return (
    <Suspense fallback={<pre className="sql-editor-waiting">{props.text}</pre>}>
      <LazyEditor {...props} />
    </Suspense>
  );
}
