import type {
  Completion,
  CompletionContext,
  CompletionResult,
  CompletionSource,
} from '@codemirror/autocomplete';
import type { EditorView } from '@codemirror/view';
import type { KnownTable } from '../completion-scope.ts';
import { sqlName, statementAt } from '../sql-text.ts';
import { functionPanel } from './docs-panel.ts';
import { type Field, fieldsAt, structFields } from './fields.ts';
import { answeredFunctions, type KnownFunction } from './known-functions.ts';
import { type NestedPath, nestedPathAt } from './nested-path.ts';
import { sampledFields } from './sampled-fields.ts';

/** The fields of structs by their type, and of JSON by a sample of it. */
export function nestedSource(tables: () => readonly KnownTable[]): CompletionSource {
  return async (context) => {
    const found = pathBefore(context, tables());
    if (found === undefined) return null;
    const fields = await fieldsOf(found);
    if (fields === undefined || fields.length === 0) return null;
    const isStruct = found.type.startsWith('STRUCT(');
    const options = fields.map((field) => optionOf(field, found, isStruct));
    return { from: context.pos - found.written, options, validFor: /^[^'".\n]*$/ };
  };
}

/** Functions, with what they do beside. */
export async function functionSource(context: CompletionContext): Promise<CompletionResult | null> {
  const word = context.matchBefore(/[\p{L}_][\p{L}\p{N}_$]*$/u);
  if (word === null || context.state.sliceDoc(word.from - 1, word.from) === '.') return null;
  const options = [...(await answeredFunctions()).values()].map(functionOption);
  return { from: word.from, options, validFor: /^[\p{L}\p{N}_$]*$/u };
}

function pathBefore(
  context: CompletionContext,
  tables: readonly KnownTable[],
): NestedPath | undefined {
  const text = context.state.doc.toString();
  const piece = statementAt(text, context.pos);
  if (piece === undefined || piece.start > context.pos) return undefined;
  return nestedPathAt(piece.text, text.slice(piece.start, context.pos), tables);
}

async function fieldsOf(found: NestedPath): Promise<readonly Field[] | undefined> {
  if (found.type.startsWith('STRUCT(')) return fieldsAt(structFields(found.type), found.path);
  if (found.type !== 'JSON' && found.type !== 'VARCHAR') return undefined;
  return fieldsAt(await sampledFields(found.table, found.column), found.path);
}

function optionOf({ name, type, fields }: Field, path: NestedPath, isStruct: boolean): Completion {
  const isInner = fields.length > 0 || type === 'object' || type === 'array';
  return {
    label: name,
    detail: type,
    type: 'property',
    boost: 30,
    apply:
      path.opener === 'dot'
        ? isStruct
          ? sqlName(name)
          : (view, _option, from, to) =>
              replaceFrom(view, { from: from - 1, to }, arrow(name, isInner))
        : (view, _option, from, to) => closeText(view, { from, to }, name),
  };
}

/** JSON is not asked by dots: those give JSON texts in quotes. */
function arrow(name: string, isInner: boolean): string {
  return `${isInner ? '->' : '->>'}'${name.replaceAll("'", "''")}'`;
}

type Span = { readonly from: number; readonly to: number };

function closeText(view: EditorView, { from, to }: Span, name: string): void {
  const isClosed = view.state.sliceDoc(to, to + 1) === "'";
  replaceFrom(view, { from, to: isClosed ? to + 1 : to }, `${name.replaceAll("'", "''")}'`);
}

function replaceFrom(view: EditorView, { from, to }: Span, insert: string): void {
  view.dispatch({
    changes: { from, to, insert },
    selection: { anchor: from + insert.length },
    userEvent: 'input.complete',
  });
}

function functionOption(known: KnownFunction): Completion {
  const { name, kind, signatures } = known;
  const isCalled = signatures.some((signature) => signature.includes('('));
  return {
    label: name,
    type: 'function',
    ...(kind === 'scalar' ? {} : { detail: kind }),
    boost: -10,
    info: () => functionPanel(known),
    apply: isCalled ? (view, _option, from, to) => writeCall(view, { from, to }, name) : name,
  };
}

/** With the cursor between the parentheses. */
function writeCall(view: EditorView, { from, to }: Span, name: string): void {
  const hasParentheses = view.state.sliceDoc(to, to + 1) === '(';
  view.dispatch({
    changes: { from, to, insert: hasParentheses ? name : `${name}()` },
    selection: { anchor: from + name.length + 1 },
    userEvent: 'input.complete',
  });
}
