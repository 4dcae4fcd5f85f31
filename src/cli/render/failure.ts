import type { HeliosError, TextPosition } from '../../base/errors.ts';
import { printable } from './width.ts';

/** A text that an error's position may point into. */
export type SourceText = {
  /** A path as typed, or `-c`, or `<stdin>`. */
  readonly name: string;
  readonly text: string;
  /** Line of `name` at which `text` starts, from 1. */
  readonly lineStart?: number | undefined;
};

export type FailureOptions = {
  readonly source: SourceText | undefined;
  readonly isDebug: boolean;
  readonly paint: (look: 'red' | 'bold' | 'cyan', text: string) => string;
};

/** What happened, where (with a caret), why and what to do. No newline at its end. */
export function renderFailure(error: HeliosError, options: FailureOptions): string {
  const lines = [
    `${options.paint('red', options.paint('bold', 'error'))}: ${multiline(error.message)}`,
    ...placeLines(error.position, options),
  ];
  if (error.hint !== undefined)
    lines.push(`${options.paint('cyan', 'hint')}: ${multiline(error.hint)}`);
  const id = error.details?.['id'];
  if (typeof id === 'string') lines.push(`  id: ${printable(id)} (in Helios's log)`);
  if (options.isDebug) lines.push(stackOf(error));
  return lines.join('\n');
}

/** The error as `--json` prints it, on stderr. */
export function failureDocument(error: HeliosError): string {
  const { code, message, hint, position, details } = error;
  return JSON.stringify({ v: 1, error: { code, message, hint, position, details } });
}

function placeLines(position: TextPosition | undefined, options: FailureOptions): string[] {
  const { source } = options;
  if (position === undefined || source === undefined) return [];
  const text = source.text.split('\n')[position.line - 1];
  const lineNumber = position.line + (source.lineStart ?? 1) - 1;
  const place = `  at ${source.name}:${lineNumber}:${position.column}`;
  // A place outside the text says nothing but that something is wrong elsewhere.
  if (text === undefined || position.column > text.length + 1) return [place];
  const gutter = String(lineNumber);
  const blank = ' '.repeat(gutter.length);
  // Tabs before the caret stay tabs, so that it stands right whatever their width.
  const before = text.slice(0, position.column - 1).replaceAll(/[^\t]/g, ' ');
  const length = Math.max(1, Math.min(position.length, text.length - position.column + 1));
  const caret = options.paint('red', '^'.repeat(length));
  return [
    place,
    `  ${blank} |`,
    `  ${gutter} | ${safeLine(text)}`,
    `  ${blank} | ${before}${caret}`,
  ];
}

/** Keeps tabs, since the caret line repeats them. */
function safeLine(text: string): string {
  return text.split('\t').map(printable).join('\t');
}

function multiline(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function stackOf(error: HeliosError): string {
  const causes: string[] = [];
  for (
    let cause: unknown = error;
    cause instanceof Error && causes.length < 5;
    cause = cause.cause
  ) {
    causes.push(cause.stack ?? cause.message);
  }
  return causes.join('\ncaused by: ');
}
