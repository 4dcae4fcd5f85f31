import type {
  Completion,
  CompletionContext,
  CompletionResult,
  CompletionSource,
} from '@codemirror/autocomplete';
import type { CompleteAnswer } from '../../server/api.ts';
import { request } from '../api/request.ts';
import { knownFunctions } from './completion/known-functions.ts';
import { functionSource, nestedSource } from './completion/sources.ts';
import { type KnownTable, suggestions } from './completion-scope.ts';
import { statementAt, sqlTokens } from './sql-text.ts';

/** Columns, tables and functions at once; keywords and JSON once the server tells of them. */
export function completionSources(tables: () => readonly KnownTable[]): CompletionSource[] {
  return [
    (context) => ofTables(context, tables()),
    nestedSource(tables),
    (context) => (placeOf(context) === undefined ? null : functionSource(context)),
    (context) => ofServer(context, tables()),
  ];
}

function ofTables(
  context: CompletionContext,
  tables: readonly KnownTable[],
): CompletionResult | null {
  const place = placeOf(context);
  if (place === undefined) return null;
  const { from, statement, before } = place;
  const isBehindDot = before.endsWith('.');
  if (!context.explicit && from === context.pos && !isBehindDot) return null;
  const options = suggestions(statement, before, tables).map(
    ({ label, apply, detail, kind }): Completion => ({
      label,
      apply,
      detail,
      type: kind,
      boost: kind === 'column' ? 20 : 10,
    }),
  );
  return { from, options, validFor: wordSoFar };
}

async function ofServer(
  context: CompletionContext,
  tables: readonly KnownTable[],
): Promise<CompletionResult | null> {
  const place = placeOf(context);
  if (place === undefined || place.before.endsWith('.')) return null;
  const { from, statement, before } = place;
  const word = context.state.sliceDoc(from, context.pos);
  if (!context.explicit && word.length < serverCharactersMin) return null;
  const stop = new AbortController();
  context.addEventListener('abort', () => stop.abort());
  try {
    const body = { text: before + word };
    const { completions } = await request<CompleteAnswer>('/api/v1/complete', {
      body,
      signal: stop.signal,
    });
    const bytes = new TextEncoder().encode(before).byteLength;
    const functions = knownFunctions();
    const known = new Set(suggestions(statement, before, tables).map(({ label }) => label));
    const options = completions
      .filter(({ start }) => start === bytes)
      .map(({ text }) => text.trim())
      .filter((text) => text !== '' && !text.startsWith('"') && !known.has(text))
      .filter((text) => !functions.has(text.toLowerCase()))
      .map(serverCompletion);
    return { from, options, validFor: wordSoFar };
  } catch {
    // Without them the columns and tables are still there; running the query tells what is wrong.
    return null;
  }
}

const wordSoFar = /^[\p{L}\p{N}_$]*$/u;
const serverCharactersMin = 2;

function serverCompletion(text: string): Completion {
  const isKeyword = text === text.toUpperCase() && /^[A-Z ]+$/.test(text);
  return { label: isKeyword ? text.toLowerCase() : text, type: isKeyword ? 'keyword' : 'function' };
}

type Place = {
  /** Where the word begins. */
  readonly from: number;
  readonly statement: string;
  /** Its text up to the word. */
  readonly before: string;
};

/** Undefined within texts and comments. */
function placeOf(context: CompletionContext): Place | undefined {
  const text = context.state.doc.toString();
  const from = context.matchBefore(/[\p{L}_][\p{L}\p{N}_$]*$/u)?.from ?? context.pos;
  const piece = statementAt(text, context.pos);
  const start = piece === undefined || piece.start > from ? from : piece.start;
  const before = text.slice(start, from);
  const last = sqlTokens(text.slice(start, context.pos)).at(-1);
  if (last !== undefined && (last.kind === 'text' || last.kind === 'comment')) return undefined;
  return { from, statement: piece?.text ?? '', before };
}
