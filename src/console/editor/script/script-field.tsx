import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import type { ScriptErrorAnswer } from '../../../server/api.ts';
import type { KnownTable } from '../completion-scope.ts';
import { markOf } from '../fix.ts';
import { type EditorHandle, SqlEditor } from '../sql-editor.tsx';

export type ScriptFieldProps = {
  readonly label?: string | undefined;
  /** One field of a form among others, as high as its text; else as high as it is given room. */
  readonly isField?: boolean | undefined;
  readonly sql: string;
  readonly errors: readonly ScriptErrorAnswer[];
  /** What can be completed. */
  readonly tables: readonly KnownTable[];
  readonly onChange: (sql: string) => void;
  /** Ctrl+Enter. */
  readonly onRun?: (() => void) | undefined;
  /** Given what puts a text where the cursor is, in place of what is selected. */
  readonly onReady?: ((insert: (text: string) => void) => void) | undefined;
};

/** The text of a script in the house's editor, with what is wrong in it below. */
export function ScriptField(props: ScriptFieldProps): ReactNode {
  const { label, isField = false, sql, errors, tables, onChange, onRun, onReady } = props;
  const editor = useRef<EditorHandle>(null);
  const known = useRef(sql);
  useEffect(() => {
    if (known.current === sql) return;
    known.current = sql;
    editor.current?.replace(sql);
  }, [sql]);
  useEffect(() => onReady?.((text) => editor.current?.insert(text)), [onReady]);
  const first = errors[0];
  const mark = useMemo(
    () => first && markOf(sql, { text: sql, start: 0 }, { ...first, code: 'invalid_sql', id: '' }),
    [sql, first],
  );
  return (
    <>
      <div className={isField ? 'script-field' : 'script-field high'}>
        <SqlEditor
          ref={editor}
          label={label}
          isField={isField}
          example={isField ? undefined : scriptExample}
          documentId="script"
          outsideChanges={0}
          text={sql}
          mark={mark}
          tables={() => tables}
          onChange={(text) => {
            // What came from outside is no change of the person's.
            if (text === known.current) return;
            known.current = text;
            onChange(text);
          }}
          onSelect={() => undefined}
          onRun={() => onRun?.()}
          onCancel={() => false}
          onFormat={() => void formatInto(editor.current, known.current)}
        />
      </div>
      <ul className="script-errors" aria-live="polite">
        {errors.map((error) => (
          <li key={`${error.position.line}:${error.position.column} ${error.message}`}>
            Line {error.position.line}, column {error.position.column}: {error.message}{' '}
            {error.hint !== undefined && <span className="quiet">{error.hint}</span>}
            {error === first &&
              mark?.fixes.map((fix) => (
                <button
                  key={fix.insert}
                  type="button"
                  className="button"
                  onClick={() => editor.current?.apply(fix)}
                >
                  Change to {fix.insert}
                </button>
              ))}
          </li>
        ))}
      </ul>
    </>
  );
}

const scriptExample = 'CREATE TABLE … WITH (connector = …); INSERT INTO … SELECT …';

/** Lays the text out anew, where it can be read; what can't is marked already. */
async function formatInto(editor: EditorHandle | null, sql: string): Promise<void> {
  const { formatSql } = await import('../format.ts');
  const laidOut = tried(() => formatSql(sql));
  if (laidOut !== undefined) editor?.replace(laidOut);
}

function tried(action: () => string): string | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
