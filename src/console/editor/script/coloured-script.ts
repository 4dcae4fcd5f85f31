import { sql } from '@codemirror/lang-sql';
import { highlightTree } from '@lezer/highlight';
import { scriptDialect } from '../dialect.ts';
import { scriptClasses, sqlHighlighter } from '../highlighter.ts';
import { scriptMarks } from '../script-marks.ts';

/** A piece of a script, and the class that colours it; empty: as text is. */
export type ColouredPiece = { readonly text: string; readonly className: string };

type Span = { readonly start: number; readonly end: number; readonly className: string };

/** The script in pieces, in their order, coloured as the editor does. */
export function colouredScript(script: string): readonly ColouredPiece[] {
  const pieces: ColouredPiece[] = [];
  const put = (start: number, end: number, className: string): void => {
    if (start < end) pieces.push({ text: script.slice(start, end), className });
  };
  let at = 0;
  for (const { start, end, className } of spansOf(script)) {
    if (start < at) continue;
    put(at, start, '');
    put(start, end, className);
    at = end;
  }
  put(at, script.length, '');
  return pieces;
}

/** In their order; where two begin at one place, that of the script's own words is first. */
function spansOf(script: string): readonly Span[] {
  const spans: Span[] = scriptMarks(script).map(({ kind, start, end }) => ({
    start,
    end,
    className: scriptClasses[kind],
  }));
  const tree = sql({ dialect: scriptDialect }).language.parser.parse(script);
  highlightTree(tree, sqlHighlighter, (start, end, className) => {
    spans.push({ start, end, className });
  });
  return spans.toSorted((one, other) => one.start - other.start);
}
