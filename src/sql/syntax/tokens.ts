import type { Span } from '../positions.ts';

export type Token = Span & {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'operator' | 'invalid';
  /** As written. */
  readonly text: string;
  /**
   * What it means: a quoted name or a string without its quotes; a word, number or operator as
   * written; of an invalid token, what is wrong with it.
   */
  readonly value: string;
};

/**
 * Splits a text into tokens. Between them lie white space and comments only, so tokens and gaps
 * together are the text. Never throws: what can't be a token is an `invalid` one.
 */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    const { end, problem } = skipGap(text, at);
    if (problem !== undefined) {
      tokens.push(tokenOf(text, { start: problem.start, end }, 'invalid', problem.message));
    }
    if (end >= text.length) return tokens;
    const token = readToken(text, end);
    tokens.push(token);
    at = token.end;
  }
}

type Gap = {
  readonly end: number;
  readonly problem?: { readonly start: number; readonly message: string } | undefined;
};

/** White space as DuckDB takes it: the Unicode spaces too. */
const spaces = /[\s\u200b]+/y;

function skipGap(text: string, from: number): Gap {
  let at = from;
  for (;;) {
    at += match(spaces, text, at).length;
    if (text.startsWith('--', at)) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
    } else if (text.startsWith('/*', at)) {
      const end = endOfComment(text, at);
      if (end === undefined) {
        const message = 'This comment is never closed: */ is missing.';
        return { end: text.length, problem: { start: at, message } };
      }
      at = end;
    } else {
      return { end: at };
    }
  }
}

/** Comments nest, as in PostgreSQL. */
function endOfComment(text: string, start: number): number | undefined {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start;
  let depth = 0;
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return undefined;
}

/** Beyond ASCII everything but spaces is a letter to DuckDB. */
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const number = /0[xX][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y;
const parameter = /\$\w+|\?/y;
/** `>>` is left as two: it closes ARRAY<STRUCT<…>>. */
const operator = /->>|->|=>|::|:=|<=|>=|<>|!=|==|\|\||<<|\*\*|\/\/|[-+*/%^&|~!@#<>=()[\]{},;.:]/y;

function readToken(text: string, start: number): Token {
  const first = text[start] ?? '';
  if (first === "'") return readString(text, start, start);
  if (first === '"') return readQuoted(text, start);
  if (first === '$') return readDollar(text, start);
  if (/[eE]/.test(first) && text[start + 1] === "'") return readEscaped(text, start);
  if (/[xXbB]/.test(first) && text[start + 1] === "'") return readString(text, start, start + 1);
  if (/\d/.test(first) || (first === '.' && /\d/.test(text[start + 1] ?? ''))) {
    return tokenAt(text, start, 'number', match(number, text, start));
  }
  const name = trimSpaces(match(word, text, start));
  if (name !== '') return tokenAt(text, start, 'word', name);
  if (first === '?') return tokenAt(text, start, 'parameter', first);
  const symbol = match(operator, text, start);
  if (symbol !== '') return tokenAt(text, start, 'operator', symbol);
  const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
  const end = start + character.length;
  return tokenOf(text, { start, end }, 'invalid', `The character ${character} means nothing here.`);
}

/** A Unicode space ends a word. */
function trimSpaces(name: string): string {
  const space = name.search(/[\s\u200b]/);
  return space < 0 ? name : name.slice(0, space);
}

function readString(text: string, start: number, quoteAt: number): Token {
  const body = match(/'(?:[^']|'')*'/y, text, quoteAt);
  if (body === '') return unclosed(text, start, "This text is never closed: a ' is missing.");
  const value = body.slice(1, -1).replaceAll("''", "'");
  return tokenOf(text, { start, end: quoteAt + body.length }, 'string', value);
}

function readQuoted(text: string, start: number): Token {
  const body = match(/"(?:[^"]|"")*"/y, text, start);
  if (body === '') return unclosed(text, start, 'This name is never closed: a " is missing.');
  const value = body.slice(1, -1).replaceAll('""', '"');
  return tokenOf(text, { start, end: start + body.length }, 'quoted', value);
}

function readEscaped(text: string, start: number): Token {
  const body = match(/'(?:[^'\\]|''|\\[^])*'/y, text, start + 1);
  if (body === '') return unclosed(text, start, "This text is never closed: a ' is missing.");
  const value = body.slice(1, -1).replaceAll(/''|\\([^])/g, (whole, escaped?: string) => {
    if (escaped === undefined) return whole.slice(1);
    return { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }[escaped] ?? escaped;
  });
  return tokenOf(text, { start, end: start + 1 + body.length }, 'string', value);
}

/** `$$text$$`, `$tag$text$tag$`, or a parameter `$name`. */
function readDollar(text: string, start: number): Token {
  const tag = match(/\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y, text, start);
  if (tag !== '') {
    const end = text.indexOf(tag, start + tag.length);
    if (end < 0) return unclosed(text, start, `This text is never closed: ${tag} is missing.`);
    const value = text.slice(start + tag.length, end);
    return tokenOf(text, { start, end: end + tag.length }, 'string', value);
  }
  const name = match(parameter, text, start);
  if (name !== '') return tokenAt(text, start, 'parameter', name);
  return tokenOf(text, { start, end: start + 1 }, 'invalid', 'The character $ means nothing here.');
}

function unclosed(text: string, start: number, message: string): Token {
  return tokenOf(text, { start, end: text.length }, 'invalid', message);
}

function tokenAt(text: string, start: number, kind: Token['kind'], found: string): Token {
  return tokenOf(text, { start, end: start + found.length }, kind, found);
}

function tokenOf(text: string, span: Span, kind: Token['kind'], value: string): Token {
  return { ...span, kind, value, text: text.slice(span.start, span.end) };
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
