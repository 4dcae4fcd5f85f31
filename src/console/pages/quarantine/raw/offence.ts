import { scanJson, type Span } from './scan-json.ts';

/** What of a record's text is at fault; undefined where the message names no place in it. */
export function offendingSpan(
  text: string,
  { code, field }: { readonly code: string; readonly field: string },
): Span | undefined {
  if (field !== '') return memberSpan(text, field);
  if (code === 'malformed_json') return brokenSpan(text);
  if (code === 'not_an_object') return { start: 0, end: text.length };
  return undefined;
}

/** The last member of the name counts, as in JSON itself; letters may differ in case. */
function memberSpan(text: string, field: string): Span | undefined {
  const { members } = scanJson(text);
  const exact = members.findLast(({ name }) => name === field);
  const lower = field.toLowerCase();
  return (exact ?? members.findLast(({ name }) => name.toLowerCase() === lower))?.value;
}

/** One character, or nothing behind the last: there something is missing. */
function brokenSpan(text: string): Span | undefined {
  const { brokenAt } = scanJson(text);
  if (brokenAt === undefined) return undefined;
  const character = text.codePointAt(brokenAt);
  const length = character === undefined ? 0 : String.fromCodePoint(character).length;
  return { start: brokenAt, end: brokenAt + length };
}

/** Index of the first byte that is no UTF-8, or a NUL; undefined where all is well. */
export function offendingByte(bytes: Uint8Array): number | undefined {
  const isText = (length: number): boolean => {
    try {
      // What the end cuts off is not wrong yet.
      const decoder = new TextDecoder('utf-8', { fatal: true });
      decoder.decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  const zero = bytes.indexOf(0);
  if (isText(bytes.length)) return zero === -1 ? undefined : zero;
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isText(middle)) good = middle;
    else bad = middle;
  }
  return zero === -1 ? good : Math.min(good, zero);
}
