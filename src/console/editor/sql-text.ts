/** A piece of a SQL text: UTF-16 offsets, `end` exclusive. */
export type SqlToken = {
  readonly kind:
    | 'word'
    | 'quoted name'
    | 'text'
    | 'number'
    | 'parameter'
    | 'comment'
    | 'space'
    | 'semicolon'
    | 'sign';
  readonly start: number;
  readonly end: number;
};

/** A piece of a text, with its offset. */
export type Piece = { readonly text: string; readonly start: number };

/** Every character of the text is in exactly one token; what is not closed ends with the text. */
export function sqlTokens(sql: string): readonly SqlToken[] {
  const tokens: SqlToken[] = [];
  let start = 0;
  while (start < sql.length) {
    const { kind, end } = tokenAt(sql, start);
    tokens.push({ kind, start, end });
    start = end;
  }
  return tokens;
}

/** The statements of a text, without white space around them; empty ones are left out. */
export function statementsOf(sql: string): readonly Piece[] {
  const statements: Piece[] = [];
  let from = 0;
  const take = (end: number): void => {
    const statement = trimmed(sql, from, end);
    if (statement.text !== '' && hasCode(statement.text)) statements.push(statement);
  };
  for (const { kind, start, end } of sqlTokens(sql)) {
    if (kind !== 'semicolon') continue;
    take(start);
    from = end;
  }
  take(sql.length);
  return statements;
}

/** The statement that the cursor is in or just behind; undefined where there is none at all. */
export function statementAt(sql: string, cursor: number): Piece | undefined {
  const statements = statementsOf(sql);
  return statements.findLast(({ start }) => start <= cursor) ?? statements[0];
}

/** Names of the `$name` parameters, each once, in the order of their first use. */
export function parameterNames(sql: string): readonly string[] {
  const names = sqlTokens(sql)
    .filter(({ kind }) => kind === 'parameter')
    .map(({ start, end }) => sql.slice(start + 1, end));
  return [...new Set(names)];
}

/** Offset of a line and column that count from 1; what lies behind the text is its end. */
export function offsetAt(sql: string, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line; at++) {
    const lineEnd = sql.indexOf('\n', start);
    if (lineEnd < 0) return sql.length;
    start = lineEnd + 1;
  }
  return Math.min(sql.length, start + column - 1);
}

/** A name as it must be written: in quotes unless it is an ordinary word. */
export function sqlName(name: string): string {
  const isOrdinary = /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name);
  return isOrdinary ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The name of a table, whose schema may stand before a dot. */
export function sqlTableName(name: string): string {
  return name.startsWith('helios.') ? name.split('.').map(sqlName).join('.') : sqlName(name);
}

const reserved: ReadonlySet<string> = new Set(
  (
    'all analyse analyze and any array as asc asymmetric both case cast check collate column ' +
    'constraint create default deferrable desc describe distinct do else end except false ' +
    'fetch for foreign from group having in initially intersect into lambda lateral leading ' +
    'limit not null offset on only or order pivot placing primary qualify references returning ' +
    'select show some summarize symmetric table then to trailing true union unique unpivot ' +
    'using variadic when where window with'
  ).split(' '),
);

function tokenAt(sql: string, start: number): Pick<SqlToken, 'kind' | 'end'> {
  for (const { kind, pattern } of patterns) {
    pattern.lastIndex = start;
    const found = pattern.exec(sql)?.[0];
    if (found !== undefined) return { kind, end: start + found.length };
  }
  if (sql.startsWith('/*', start)) return { kind: 'comment', end: commentEnd(sql, start) };
  const tag = /\$(?:[A-Za-z_][\w]*)?\$/y;
  tag.lastIndex = start;
  const opened = tag.exec(sql)?.[0];
  if (opened === undefined) return { kind: 'sign', end: start + 1 };
  const closed = sql.indexOf(opened, start + opened.length);
  return { kind: 'text', end: closed < 0 ? sql.length : closed + opened.length };
}

const patterns: readonly { readonly kind: SqlToken['kind']; readonly pattern: RegExp }[] = [
  { kind: 'space', pattern: /\s+/y },
  { kind: 'comment', pattern: /--[^\n]*/y },
  { kind: 'text', pattern: /[eE]'(?:[^'\\]|''|\\[\s\S])*(?:'|$)/y },
  { kind: 'text', pattern: /'(?:[^']|'')*(?:'|$)/y },
  { kind: 'quoted name', pattern: /"(?:[^"]|"")*(?:"|$)/y },
  { kind: 'number', pattern: /\d[\w.]*/y },
  { kind: 'word', pattern: /[\p{L}_][\p{L}\p{N}_$]*/uy },
  { kind: 'parameter', pattern: /\$[A-Za-z_]\w*(?![\w$])/y },
  { kind: 'semicolon', pattern: /;/y },
];

/** Block comments nest. */
function commentEnd(sql: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < sql.length) {
    if (sql.startsWith('/*', at)) [depth, at] = [depth + 1, at + 2];
    else if (sql.startsWith('*/', at)) [depth, at] = [depth - 1, at + 2];
    else at++;
    if (depth === 0) return at;
  }
  return sql.length;
}

function trimmed(sql: string, start: number, end: number): Piece {
  const whole = sql.slice(start, end);
  const text = whole.trimStart();
  return { text: text.trimEnd(), start: start + whole.length - text.length };
}

function hasCode(sql: string): boolean {
  return sqlTokens(sql).some(({ kind }) => kind !== 'space' && kind !== 'comment');
}
