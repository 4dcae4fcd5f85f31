import { isWord, type TokenReader } from './token-reader.ts';
import type { Token } from './tokens.ts';

/** Pairs of words that begin a statement and stand nowhere inside one. */
export function startsStatement(tokens: readonly Token[], index: number): boolean {
  const [first, second] = [tokens[index], tokens[index + 1]];
  if (isWord(first, 'insert')) return isWord(second, 'into');
  if (!isWord(first, 'create')) return false;
  return created.some((word) => isWord(second, word));
}

const created = 'table view materialized temporary temp or macro function'.split(' ');

/** The rest of the statement, up to where the next one begins should a semicolon be missing. */
export function readRest(reader: TokenReader): readonly Token[] {
  const start = reader.index;
  while (!reader.isAtEnd) {
    if (reader.peek()?.kind === 'invalid') reader.fail('');
    if (startsStatement(reader.tokens, reader.index)) break;
    reader.next();
  }
  return reader.tokens.slice(start, reader.index);
}
