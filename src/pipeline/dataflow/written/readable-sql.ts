/**
 * An expression as DuckDB prints it, with what its parser replaced as people write it. For people
 * alone: a text in quotes that looks the same is changed as well.
 */
export function readableSql(printed: string): string {
  let text = printed;
  for (const [pattern, replacement] of replaced) text = text.replaceAll(pattern, replacement);
  return withoutParentheses(text);
}

const replaced: readonly (readonly [RegExp, string])[] = [
  [/\bcount_star\(\)/g, 'count(*)'],
  [/CAST\(('[^']*') AS INTERVAL\)/g, 'INTERVAL $1'],
  [/to_(\w+)s\(CAST\(trunc\(CAST\((\d+) AS DOUBLE\)\) AS \w+\)\)/g, 'INTERVAL $2 $1'],
  [/to_(\w+)s\(CAST\((\d+) AS \w+\)\)/g, 'INTERVAL $2 $1'],
  [/CAST\('t' AS BOOLEAN\)/g, 'true'],
  [/CAST\('f' AS BOOLEAN\)/g, 'false'],
  [/\bmain\.(?=\w+\()/g, ''],
  [/"([a-z_][a-z0-9_]*)"/g, '$1'],
  [/\bCASE {2}WHEN \(/g, 'CASE WHEN ('],
];

/** Those around the whole. */
function withoutParentheses(text: string): string {
  if (!text.startsWith('(') || !text.endsWith(')')) return text;
  let depth = 0;
  for (let at = 0; at < text.length - 1; at++) {
    if (text[at] === "'" || text[at] === '"') at = text.indexOf(text[at] ?? '', at + 1);
    if (at < 0) return text;
    if (text[at] === '(') depth++;
    if (text[at] === ')') depth--;
    if (depth === 0) return text;
  }
  return withoutParentheses(text.slice(1, -1));
}
