import type { ColumnKind } from './columns.ts';

/** The exact text of a value, as it is copied; undefined is NULL. */
export function exactText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The text that a cell shows of a value that is not NULL: short, on one line. */
export function cellText(value: unknown, kind: ColumnKind): string {
  const text = exactText(value) ?? '';
  if (kind === 'number') return grouped(text);
  if (kind === 'time') return timeText(text);
  const line = text.length > cellCharactersMax ? `${text.slice(0, cellCharactersMax)}…` : text;
  return line.replaceAll(/\r\n|[\n\r]/g, '↵').replaceAll('\t', '⇥');
}

const cellCharactersMax = 300;

/** `1234567.5` as `1,234,567.5`; what is no plain number stays as it is. */
export function grouped(text: string): string {
  const parts = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (parts === null) return text;
  const [, sign = '', whole = '', fraction = ''] = parts;
  return `${sign}${whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')}${fraction}`;
}

/** `2026-11-23T10:54:26.289000Z` as `2026-11-23 10:54:26.289Z`. */
export function timeText(text: string): string {
  const parts = /^(\d{4,}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(Z?)$/.exec(text);
  if (parts === null) return text;
  const [, date = '', time = '', fraction = '', zone = ''] = parts;
  return `${date} ${time}${fraction.replace(/(000)+$/, '').replace(/\.$/, '')}${zone}`;
}

/**
 * JSON on lines of its own, two spaces a level, every value as it was written: numbers are not
 * parsed, so none is rounded. Undefined where the text is no object or array.
 */
export function laidOutJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text) || !isJson(text)) return undefined;
  let depth = 0;
  let laidOut = '';
  const line = (): string => `\n${'  '.repeat(depth)}`;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/g) ?? [];
  for (const [index, token] of tokens.entries()) {
    const isEmpty = /[[{]/.test(tokens[index - 1] ?? '') && /^[\]}]$/.test(token);
    if (/^[\]}]$/.test(token)) depth--;
    if (/^[\]}]$/.test(token) && !isEmpty) laidOut += line();
    laidOut += token === ':' ? ': ' : token;
    if (/^[[{]$/.test(token)) depth++;
    const isOpened = /^[[{]$/.test(token) && !/^[\]}]$/.test(tokens[index + 1] ?? '');
    if (isOpened || token === ',') laidOut += line();
  }
  return laidOut;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
