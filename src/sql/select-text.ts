import type { TextPosition } from '../base/errors.ts';
import { type LineIndex, offsetOfByte, offsetOfCodePoint } from './positions.ts';
import type { SelectText } from './script.ts';
import { readColumnType, typeText } from './syntax/column-type.ts';
import { isWord, SyntaxFailure, TokenReader } from './syntax/token-reader.ts';
import type { Token } from './syntax/tokens.ts';

/** Where a SELECT or an expression stands: the script, and its tokens there (never none). */
export type SelectSource = {
  readonly script: string;
  readonly lines: LineIndex;
  readonly tokens: readonly Token[];
};

/**
 * The tokens' text as DuckDB takes it. Words that DuckDB reserves and the dialect doesn't are
 * quoted, and types that DuckDB spells otherwise are respelled; all else stays as it is written.
 */
export function selectText(source: SelectSource): SelectText {
  const { script, lines, tokens } = source;
  const start = tokens[0]?.start ?? 0;
  const end = tokens.at(-1)?.end ?? start;
  const edits = rewrites(tokens);
  let text = '';
  let at = start;
  for (const edit of edits) {
    text += script.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  text += script.slice(at, end);
  const lengths = new Map(tokens.map((token) => [token.start, token.end - token.start]));
  return {
    text,
    positionAt(offset: number): TextPosition {
      const place = Math.min(originOf(edits, start, offset), end);
      return lines.positionOf({ start: place, end: place + (lengths.get(place) ?? 1) });
    },
  };
}

/**
 * Position in the script of a UTF-8 byte offset of the SELECT's text (`query_location`, binder
 * errors).
 */
export function positionOfByte(select: SelectText, byteOffset: number | undefined): TextPosition {
  return select.positionAt(offsetOfByte(select.text, byteOffset ?? 0));
}

/** Position in the script of a code point of the SELECT's text (errors of DuckDB's parser). */
export function positionOfCodePoint(select: SelectText, index: number | undefined): TextPosition {
  return select.positionAt(offsetOfCodePoint(select.text, index ?? 0));
}

/** The script's [start, end) becomes `text`. */
type Edit = { readonly start: number; readonly end: number; readonly text: string };

/** Offset in the script of an offset in the rewritten text. */
function originOf(edits: readonly Edit[], start: number, offset: number): number {
  let shift = start;
  for (const edit of edits) {
    const from = edit.start - shift;
    if (offset < from) break;
    if (offset < from + edit.text.length) return edit.start;
    shift += edit.end - edit.start - edit.text.length;
  }
  return offset + shift;
}

function rewrites(tokens: readonly Token[]): readonly Edit[] {
  const edits: Edit[] = [];
  const openCases = countOpenCases(tokens);
  for (let index = 0; index < tokens.length; index++) {
    const type = rewrittenType(tokens, index);
    if (type !== undefined) {
      edits.push(type.edit);
      index = type.indexEnd - 1;
    } else if (isReservedName(tokens, index, openCases)) {
      const token = tokens[index];
      if (token !== undefined) edits.push({ ...token, text: `"${token.text}"` });
    }
  }
  return edits;
}

/** Of each END: does it close a CASE? CASEs are counted per pair of brackets. */
function countOpenCases(tokens: readonly Token[]): ReadonlySet<number> {
  const closing = new Set<number>();
  const depths = [0];
  tokens.forEach((token, index) => {
    const last = depths.length - 1;
    const open = depths[last] ?? 0;
    if (token.kind === 'operator' && '([{'.includes(token.text)) depths.push(0);
    if (token.kind === 'operator' && ')]}'.includes(token.text) && last > 0) depths.pop();
    if (isQualified(tokens, index)) return;
    if (isWord(token, 'case') && startsCase(tokens[index + 1])) depths[last] = open + 1;
    if (isWord(token, 'end') && open > 0 && !expectsValue(tokens[index - 1])) {
      depths[last] = open - 1;
      closing.add(index);
    }
  });
  return closing;
}

/** After this an expression must follow, which END isn't. */
function expectsValue(before: Token | undefined): boolean {
  if (before?.kind === 'operator') return !')]}*'.includes(before.text);
  return before?.kind === 'word' && valuePrefixes.has(before.text.toLowerCase());
}

const valuePrefixes: ReadonlySet<string> = new Set(
  'and between by case else in like not or select then when where'.split(' '),
);

function startsCase(next: Token | undefined): boolean {
  return next !== undefined && !(next.kind === 'operator' && ',.)'.includes(next.text));
}

/** Part of a dotted name, such as `window.end`. */
function isQualified(tokens: readonly Token[], index: number): boolean {
  return isDot(tokens[index - 1]) || isDot(tokens[index + 1]);
}

function isDot(token: Token | undefined): boolean {
  return token?.kind === 'operator' && token.text === '.';
}

function isReservedName(
  tokens: readonly Token[],
  index: number,
  closingEnds: ReadonlySet<number>,
): boolean {
  const token = tokens[index];
  if (token?.kind !== 'word') return false;
  const word = token.text.toLowerCase();
  if (!reservedWords.has(word)) return false;
  if (isDot(tokens[index - 1])) return true;
  // In front of a dot only a name can stand.
  if (isDot(tokens[index + 1])) return true;
  if (word === 'window') return !startsWindowClause(tokens, index);
  if (word === 'end') return !closingEnds.has(index);
  return nameableWords.has(word) && isAmongNames(tokens, index);
}

/** `WINDOW w AS (`. */
function startsWindowClause(tokens: readonly Token[], index: number): boolean {
  const name = tokens[index + 1];
  const isName = name?.kind === 'word' || name?.kind === 'quoted';
  return isName && isWord(tokens[index + 2], 'as') && tokens[index + 3]?.text === '(';
}

/** Between what can only surround a column: `SELECT offset,`, `(to)`, `= desc)`. */
function isAmongNames(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  const after = tokens[index + 1];
  const opens =
    before !== undefined &&
    (before.kind === 'operator'
      ? !')]}'.includes(before.text) && !isStar(tokens, index - 1)
      : before.kind === 'word' && namePrefixes.has(before.text.toLowerCase()));
  const closes =
    after === undefined ||
    (after.kind === 'operator'
      ? !'([{'.includes(after.text)
      : after.kind === 'word' && nameSuffixes.has(after.text.toLowerCase()));
  return opens && closes;
}

/** The `*` of `SELECT *` or `count(*)`, not a product. */
function isStar(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  return (
    tokens[index]?.text === '*' && (/^[,(.]$/.test(before?.text ?? '') || isWord(before, 'select'))
  );
}

const namePrefixes: ReadonlySet<string> = new Set(
  'select by where and or not as when then'.split(' '),
);
const nameSuffixes: ReadonlySet<string> = new Set(
  'from as is and or in like between where then end union at'.split(' '),
);

/** Words that events like to have as fields, and that DuckDB takes for something else. */
const nameableWords: ReadonlySet<string> = new Set(
  (
    'asc check collate column constraint default desc describe do fetch for foreign group ' +
    'initially lambda limit offset on only order pivot placing primary qualify references ' +
    'returning show some summarize symmetric asymmetric table to unique using variadic ' +
    'at anti asof columns cross full generated inner left natural outer positional right semi ' +
    'verbose'
  ).split(' '),
);

/** `duckdb_keywords()` of 1.5.5, category reserved, and the nameable ones of type_function. */
const reservedWords: ReadonlySet<string> = new Set([
  ...nameableWords,
  ...(
    'all analyse analyze and any array as both case cast create deferrable distinct else end ' +
    'except false from having in intersect into lateral leading not null or pivot_longer ' +
    'pivot_wider select then ' +
    'trailing true union unpivot when where window with'
  ).split(' '),
]);

type RewrittenType = { readonly edit: Edit; readonly indexEnd: number };

/** After `::` or AS: `BIGINT UNSIGNED`, `ARRAY<…>`, `STRUCT<…>`, `MAP<…>`. */
function rewrittenType(tokens: readonly Token[], index: number): RewrittenType | undefined {
  const before = tokens[index - 1];
  const follows = before?.text === '::' || isWord(before, 'as');
  if (!follows || tokens[index]?.kind !== 'word') return undefined;
  const next = tokens[index + 1];
  const isAngled = next?.text === '<' && /^(array|struct|map)$/i.test(tokens[index]?.text ?? '');
  if (!isAngled && !isWord(next, 'unsigned')) return undefined;
  const reader = new TokenReader(tokens, []);
  reader.skipTo(index);
  try {
    const text = typeText(readColumnType(reader));
    const end = tokens[reader.index - 1]?.end ?? 0;
    return { edit: { start: tokens[index]?.start ?? 0, end, text }, indexEnd: reader.index };
  } catch (thrown) {
    if (thrown instanceof SyntaxFailure) return undefined;
    throw thrown;
  }
}
