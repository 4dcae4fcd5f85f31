import type { TextPosition } from '../base/errors.ts';

/** A piece of a text: UTF-16 offsets, `end` exclusive. */
export type Span = { readonly start: number; readonly end: number };

/**
 * Finds line and column of offsets in one text. Lines end with `\n`; a `\r` before it belongs to
 * its line.
 */
export class LineIndex {
  readonly #lineStarts: readonly number[];

  constructor(text: string) {
    const starts = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#lineStarts = starts;
  }

  positionOf(span: Span): TextPosition {
    const line = this.#lineOf(span.start);
    const column = span.start - (this.#lineStarts[line] ?? 0) + 1;
    return { line: line + 1, column, length: Math.max(1, span.end - span.start) };
  }

  #lineOf(offset: number): number {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/**
 * UTF-16 offset of the UTF-8 byte `byteOffset` of `text`: what DuckDB gives as `query_location`,
 * and as the position of an error of its binder.
 */
export function offsetOfByte(text: string, byteOffset: number): number {
  let bytes = 0;
  let offset = 0;
  for (const character of text) {
    if (bytes >= byteOffset) break;
    bytes += byteLengthOf(character.codePointAt(0) ?? 0);
    offset += character.length;
  }
  return offset;
}

/** UTF-16 offset of a code point: what DuckDB gives as the position of an error of its parser. */
export function offsetOfCodePoint(text: string, index: number): number {
  let seen = 0;
  let offset = 0;
  for (const character of text) {
    if (seen >= index) break;
    seen++;
    offset += character.length;
  }
  return offset;
}

function byteLengthOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
