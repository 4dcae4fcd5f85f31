/**
 * How a pipeline's SQL declares a column of a source: `price DECIMAL(10,2) NOT NULL`. Undefined
 * where it isn't found.
 */
export function columnRule(sql: string, table: string, column: string): string | undefined {
  return columnsOf(sql, table).find((definition) => sameName(firstWord(definition), column));
}

type Piece = { readonly text: string; readonly isSpace: boolean };

const piece = /--[^\n]*|\/\*[\s\S]*?\*\/|\s+|'(?:[^']|'')*'|"(?:[^"]|"")*"|[\w$]+|[\s\S]/g;

/** The text between the parentheses of CREATE TABLE, cut at its own commas. */
function columnsOf(sql: string, table: string): readonly string[] {
  const pieces = [...sql.matchAll(piece)].map(([text]): Piece => ({
    text,
    isSpace: /^(\s|--|\/\*)/.test(text),
  }));
  const words = pieces.filter(({ isSpace }) => !isSpace);
  const create = words.findIndex(
    ({ text }, at) => /^create$/i.test(text) && isTable(words.slice(at + 1, at + 8), table),
  );
  const beginning = words[create];
  if (beginning === undefined) return [];
  const open = pieces.findIndex(({ text }, at) => at > pieces.indexOf(beginning) && text === '(');
  return open === -1 ? [] : cut(pieces.slice(open + 1));
}

function isTable(words: readonly Piece[], table: string): boolean {
  const at = words.findIndex(({ text }) => /^table$/i.test(text));
  if (at === -1 || at > 2) return false;
  const rest = words.slice(at + 1);
  const hasIf = /^if$/i.test(rest[0]?.text ?? '') && /^not$/i.test(rest[1]?.text ?? '');
  const name = rest[hasIf ? 3 : 0]?.text;
  return name !== undefined && sameName(name, table);
}

function cut(pieces: readonly Piece[]): readonly string[] {
  const columns: string[] = [];
  let depth = 0;
  let text = '';
  for (const { text: part, isSpace } of pieces) {
    if (part === '(') depth++;
    if (part === ')') depth--;
    if (depth < 0 || (part === ',' && depth === 0)) {
      columns.push(text.trim());
      text = '';
      if (depth < 0) break;
    } else text += isSpace ? ' ' : part;
  }
  return columns.map((column) => column.replaceAll(/ +/g, ' '));
}

function firstWord(definition: string): string {
  return /^(?:"(?:[^"]|"")*"|[\w$]+)/.exec(definition)?.[0] ?? '';
}

function sameName(written: string, name: string): boolean {
  const isQuoted = written.startsWith('"');
  const bare = isQuoted ? written.slice(1, -1).replaceAll('""', '"') : written;
  return bare.toLowerCase() === name.toLowerCase();
}
