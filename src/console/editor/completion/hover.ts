import type { Extension } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';
import { type KnownTable, scopeOf } from '../completion-scope.ts';
import { sqlTokens, statementAt } from '../sql-text.ts';
import { columnPanel, functionPanel } from './docs-panel.ts';
import { answeredFunctions } from './known-functions.ts';

/** What a function or a column under the pointer is. */
export function hoverDocs(tables: () => readonly KnownTable[]): Extension {
  return hoverTooltip(async (view, at) => {
    const text = view.state.doc.toString();
    const piece = statementAt(text, at);
    if (piece === undefined || text.length > charactersMax) return null;
    const within = at - piece.start;
    const token = sqlTokens(piece.text).find(({ start, end }) => start <= within && within < end);
    if (token === undefined || (token.kind !== 'word' && token.kind !== 'quoted name')) return null;
    const panel = panelOf(piece.text, token, {
      tables: tables(),
      functions: await answeredFunctions(),
    });
    if (panel === undefined) return null;
    const from = piece.start + token.start;
    return { pos: from, end: piece.start + token.end, create: () => ({ dom: panel }) };
  });
}

/** Longer texts are not looked through at each move of the pointer. */
const charactersMax = 100_000;

type Known = {
  readonly tables: readonly KnownTable[];
  readonly functions: Awaited<ReturnType<typeof answeredFunctions>>;
};

function panelOf(
  statement: string,
  { start, end }: { readonly start: number; readonly end: number },
  { tables, functions }: Known,
): HTMLElement | undefined {
  const word = statement.slice(start, end);
  const isCalled = /^\s*\(/.test(statement.slice(end));
  const known = functions.get(word.toLowerCase());
  const isBare = known?.signatures.every((signature) => !signature.includes('('));
  if (known !== undefined && (isCalled || isBare === true)) return functionPanel(known);
  const name = word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word;
  for (const table of scopeOf(statement, tables).values()) {
    const column = table.columns.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (column !== undefined) return columnPanel(column.name, column.type, `of ${table.name}`);
  }
  return undefined;
}
