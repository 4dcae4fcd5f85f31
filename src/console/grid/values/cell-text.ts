import { bytes } from '../../text.ts';
import { timeText } from '../../time/time-text.ts';
import type { ColumnKind } from './columns.ts';
import { cutText, isCut } from './cut-value.ts';

/** The exact text of a value, as it is copied; undefined is NULL. */
export function exactText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (isCut(value)) return cutText(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/**
 * The text that a cell shows of a value that is not NULL: short, on one line, an instant as clocks
 * of `zone` show it.
 */
export function cellText(value: unknown, kind: ColumnKind, zone: string): string {
  if (isCut(value))
    return `${bytes(value.helios_bytes)}: ${cellText(value.helios_cut, kind, zone)}`;
  const text = exactText(value) ?? '';
  if (kind === 'number') return grouped(text);
  if (kind === 'instant') return timeText(text, zone);
  if (kind === 'time') return timeText(withoutZone(text), zone);
  const line = text.length > cellCharactersMax ? `${text.slice(0, cellCharactersMax)}…` : text;
  return line.replaceAll(/\r\n|[\n\r]/g, '↵').replaceAll('\t', '⇥');
}

/** The server writes UTC's mark behind every time, also where the type says no zone. */
export function withoutZone(text: string): string {
  return text.replace(/Z$/, '');
}

const cellCharactersMax = 300;

/** `1234567.5` as `1,234,567.5`; what is no plain number stays as it is. */
export function grouped(text: string): string {
  const parts = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (parts === null) return text;
  const [, sign = '', whole = '', fraction = ''] = parts;
  return `${sign}${whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')}${fraction}`;
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
