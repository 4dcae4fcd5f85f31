import type { ScriptError } from './script.ts';

/**
 * An error as a person reads it in a terminal: `file:line:column`, the line, a caret under the
 * place and the hint. Tabs keep the caret in its place, and long lines are cut around it.
 */
export function renderScriptError(text: string, error: ScriptError, file = 'script.sql'): string {
  const { line, column, length } = error.position;
  const wholeLine = (text.split('\n')[line - 1] ?? '').replace(/\r$/, '');
  const from = Math.max(0, column - 1 - contextBefore);
  const shown = wholeLine.slice(from, from + lineLengthMax);
  const before = shown.slice(0, column - 1 - from);
  const underlined = shown.slice(before.length, before.length + length);
  const margin = ' '.repeat(String(line).length);
  const caret = '^'.repeat(Math.max(1, widthOf(underlined)));
  const rendered = [
    `${file}:${line}:${column}: ${error.message}`,
    `${margin} |`,
    `${line} | ${shown}`,
    `${margin} | ${blankOf(before)}${caret}`,
  ];
  if (error.hint !== undefined) rendered.push(`${margin} = ${error.hint}`);
  return rendered.join('\n');
}

/** Characters of a line that are shown, and how many of them before the place. */
const lineLengthMax = 160;
const contextBefore = 100;

/** White space as wide as the text on a terminal. */
function blankOf(text: string): string {
  return Array.from(text, (one) => (one === '\t' ? '\t' : ' '.repeat(widthOf(one)))).join('');
}

/** Columns of a terminal: East Asian letters and emoji take two, marks none. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mark}/u.test(character)) continue;
    width += wide.test(character) ? 2 : 1;
  }
  return width;
}

const wide =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}\u3000-\u303f]/u;
