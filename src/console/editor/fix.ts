import type { ErrorBody } from '../../server/api.ts';
import { offsetAt } from './sql-text.ts';

/** What replaces a piece of a text. */
export type Fix = { readonly from: number; readonly to: number; readonly insert: string };

/** Where an error is in the text of which `start` is the offset of what was run. */
export type Mark = {
  readonly from: number;
  readonly to: number;
  readonly message: string;
  readonly hint: string | undefined;
  readonly fixes: readonly Fix[];
};

/** The mark of an error; undefined where it has no place, or the text is another by now. */
export function markOf(
  text: string,
  ran: { readonly text: string; readonly start: number },
  { message, hint, position }: ErrorBody,
): Mark | undefined {
  if (position === undefined) return undefined;
  if (!text.startsWith(ran.text, ran.start)) return undefined;
  const offset = offsetAt(ran.text, position.line, position.column);
  const from = Math.min(ran.start + offset, text.length);
  const to = Math.max(from, Math.min(from + position.length, ran.start + ran.text.length));
  const fixes = candidatesOf(hint).map((insert) => ({ from, to, insert }));
  return { from, to, message, hint, fixes };
}

/** The names of a hint that begins with `Did you mean`. */
function candidatesOf(hint: string | undefined): readonly string[] {
  const list = /^Did you mean (.+)\?$/.exec(hint ?? '')?.[1];
  if (list === undefined) return [];
  return list
    .split(/, | or /)
    .map((name) => name.replace(/^"([^"]+)"$/, '$1').trim())
    .filter((name) => name !== '')
    .slice(0, fixesMax);
}

const fixesMax = 3;
