import { type ReactNode, useMemo } from 'react';
import { colouredScript } from './coloured-script.ts';
import '../sql-colours.css';

/** Longer scripts are shown without colours. */
const charactersMax = 200_000;

/** A script to read, in the editor's colours. */
export function ScriptText({ sql }: { readonly sql: string }): ReactNode {
  const pieces = useMemo(
    () => (sql.length > charactersMax ? [{ text: sql, className: '' }] : colouredScript(sql)),
    [sql],
  );
  return (
    <pre className="sql-text">
      {pieces.map(({ text, className }, index) =>
        className === '' ? (
          text
        ) : (
          <span key={index} className={className}>
            {text}
          </span>
        ),
      )}
    </pre>
  );
}
