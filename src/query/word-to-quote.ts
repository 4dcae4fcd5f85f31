import { offsetOfCodePoint } from '../sql/positions.ts';
import type { SerializedSelect } from '../sql/read-select.ts';

type Parse = (sql: string) => Promise<SerializedSelect>;

/** So often a word may stand in a text that is helped. */
const occurrencesMax = 8;

/** Longer texts are not tried again and again. */
const charactersMax = 4000;

/**
 * Of a text that DuckDB's parser refuses, the word that SQL has a use for and that a column seems
 * to have as its name, such as `at`: in double quotes it lets the whole text be read. Undefined
 * where no single word does.
 */
export async function wordToQuote(sql: string, parse: Parse): Promise<string | undefined> {
  if (sql.length > charactersMax) return undefined;
  for (const word of wordsAt(sql, failureOffset(sql, await parse(sql)))) {
    if (await helps(word, sql, parse)) return word.text;
  }
  return undefined;
}

type Word = { readonly text: string; readonly start: number };

async function helps(word: Word, sql: string, parse: Parse): Promise<boolean> {
  let text = sql;
  let next: Word | undefined = word;
  for (let count = 0; next !== undefined && count < occurrencesMax; count++) {
    const start: number = next.start;
    const end = start + word.text.length;
    text = `${text.slice(0, start)}"${text.slice(start, end)}"${text.slice(end)}`;
    const parsed = await parse(text);
    if (parsed.kind === 'ok') return true;
    next = wordsAt(text, failureOffset(text, parsed)).find(
      (other) => other.start > end && other.text.toLowerCase() === word.text.toLowerCase(),
    );
  }
  return false;
}

/** Where the parser stopped; the text's end where it doesn't say. */
function failureOffset(sql: string, parsed: SerializedSelect): number {
  if (parsed.kind === 'ok' || parsed.codePointOffset === undefined) return sql.length;
  return offsetOfCodePoint(sql, parsed.codePointOffset);
}

/** The word at an offset, and the one before it. */
function wordsAt(sql: string, offset: number): readonly Word[] {
  const before = /(?<![\w$".])([A-Za-z_]\w*)\s*$/.exec(sql.slice(0, offset));
  const at = /^[A-Za-z_]\w*/.exec(sql.slice(offset));
  return [
    ...(at === null ? [] : [{ text: at[0], start: offset }]),
    ...(before === null ? [] : [{ text: before[1] ?? '', start: before.index }]),
  ];
}
