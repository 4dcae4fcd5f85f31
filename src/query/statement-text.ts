/** A text with its leading EXPLAIN blanked out, so that places in it stay the same. */
export type StatementText = {
  readonly explain: 'no' | 'plan' | 'analyze';
  readonly text: string;
};

export function withoutExplain(sql: string): StatementText {
  const start = skipTrivia(sql, 0);
  const keyword = /^explain\b/i.exec(sql.slice(start))?.[0];
  if (keyword === undefined) return { explain: 'no', text: sql };
  const next = skipTrivia(sql, start + keyword.length);
  const analyze = /^analyze\b/i.exec(sql.slice(next))?.[0];
  const end = analyze === undefined ? start + keyword.length : next + analyze.length;
  return {
    explain: analyze === undefined ? 'plan' : 'analyze',
    text: blank(sql.slice(0, end)) + sql.slice(end),
  };
}

/**
 * Offset of the first semicolon outside quotes and comments, or the text's length. Only a
 * convenience: where this reads a text otherwise than DuckDB does, what is left no longer parses
 * and is refused.
 */
export function statementEnd(sql: string): number {
  let at = 0;
  while (at < sql.length) {
    if (sql[at] === ';') return at;
    at = skipToken(sql, at);
  }
  return sql.length;
}

/** Past white space and comments. */
function skipTrivia(sql: string, start: number): number {
  let at = start;
  for (;;) {
    const end = /^\s/.test(sql.slice(at, at + 1)) ? at + 1 : skipComment(sql, at);
    if (end === at) return at;
    at = end;
  }
}

function skipToken(sql: string, at: number): number {
  const comment = skipComment(sql, at);
  if (comment > at) return comment;
  const quote = sql[at];
  if (quote === "'") return skipQuoted(sql, at, { quote, hasEscapes: isEscapeText(sql, at) });
  if (quote === '"') return skipQuoted(sql, at, { quote, hasEscapes: false });
  const tag =
    quote === '$'
      ? /^\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/.exec(sql.slice(at, at + 100))
      : null;
  if (tag === null) return at + 1;
  const end = sql.indexOf(tag[0], at + tag[0].length);
  return end < 0 ? sql.length : end + tag[0].length;
}

/** `E'…'` knows backslashes. */
function isEscapeText(sql: string, at: number): boolean {
  return /[eE]/.test(sql[at - 1] ?? '') && !/[\w$]/.test(sql[at - 2] ?? '');
}

function skipQuoted(
  sql: string,
  start: number,
  { quote, hasEscapes }: { readonly quote: string; readonly hasEscapes: boolean },
): number {
  for (let at = start + 1; at < sql.length; at++) {
    if (hasEscapes && sql[at] === '\\') at++;
    else if (sql[at] === quote && sql[at + 1] === quote) at++;
    else if (sql[at] === quote) return at + 1;
  }
  return sql.length;
}

/** The offset after a comment that begins at `at`, or `at`. Block comments nest. */
function skipComment(sql: string, at: number): number {
  if (sql.startsWith('--', at)) {
    const end = sql.indexOf('\n', at);
    return end < 0 ? sql.length : end + 1;
  }
  if (!sql.startsWith('/*', at)) return at;
  let depth = 0;
  let next = at;
  while (next < sql.length) {
    if (sql.startsWith('/*', next)) [depth, next] = [depth + 1, next + 2];
    else if (sql.startsWith('*/', next)) [depth, next] = [depth - 1, next + 2];
    else next++;
    if (depth === 0) return next;
  }
  return sql.length;
}

/** Spaces in place of everything but line breaks. */
function blank(text: string): string {
  return text.replaceAll(/[^\r\n]/g, ' ');
}
