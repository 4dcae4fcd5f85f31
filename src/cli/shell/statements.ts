/** A statement of a longer text. */
export type Statement = {
  /** Without the semicolon and the space around it. */
  readonly sql: string;
  /** Line of the text at which `sql` starts, from 1. */
  readonly lineStart: number;
};

export type SplitStatements = {
  readonly statements: readonly Statement[];
  /** What follows the last semicolon, as it stands. */
  readonly rest: string;
};

/**
 * Cuts a text at the semicolons that end statements: not those in strings, quoted names, dollar
 * quotes or comments. What has no semicolon at its end is the rest, and is a statement only where
 * the text ends.
 */
export function splitStatements(text: string): SplitStatements {
  const statements: Statement[] = [];
  let start = 0;
  for (const match of text.matchAll(tokens)) {
    if (match[0] !== ';') continue;
    addStatement(statements, text, start, match.index);
    start = match.index + 1;
  }
  return { statements, rest: text.slice(start) };
}

/** All statements of a text that is complete: the last one needs no semicolon. */
export function allStatements(text: string): readonly Statement[] {
  const { statements, rest } = splitStatements(text);
  const all = [...statements];
  addStatement(all, text, text.length - rest.length, text.length);
  return all;
}

/**
 * What may hold a semicolon that ends nothing (an unclosed one reaches to the end), or the
 * semicolon itself.
 */
const tokens: RegExp = new RegExp(
  [
    /--[^\n]*/,
    /\/\*[^]*?(?:\*\/|$)/,
    /'(?:[^']|'')*(?:'|$)/,
    /"(?:[^"]|"")*(?:"|$)/,
    /\$([A-Za-z_]\w*)?\$[^]*?(?:\$\1\$|$)/,
    /;/,
  ]
    .map((pattern) => pattern.source)
    .join('|'),
  'g',
);

function addStatement(statements: Statement[], text: string, start: number, end: number): void {
  const raw = text.slice(start, end);
  const sql = raw.trim();
  if (withoutComments(sql) === '') return;
  const offset = start + (raw.length - raw.trimStart().length);
  statements.push({ sql, lineStart: text.slice(0, offset).split('\n').length });
}

function withoutComments(sql: string): string {
  return sql.replaceAll(tokens, (token) => (/^(--|\/\*)/.test(token) ? '' : token)).trim();
}
