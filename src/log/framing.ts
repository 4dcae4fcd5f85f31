import { isUtf8 } from 'node:buffer';
import { HeliosError } from '../base/errors.ts';
import { scanJson } from './json-scan.ts';
import type { JsonScan, Span } from './json-scan.ts';

/** A request's body as lines, each a record. */
export type FramedBody = {
  /** Whole lines; the last chunk ends in a newline. Chunks may share memory with the body. */
  readonly lines: readonly Uint8Array[];
  /** How many records there are; undefined where that would take counting lines. */
  readonly recordCount: number | undefined;
};

/** Deepest nesting of a record that is taken in as a single object or array. */
const jsonDepthMax = 128;

/**
 * Frames a body (inflated, whole, in chunks cut anywhere) as lines, whatever its Content-Type says:
 *
 *     {"a":1}⏎{"a":2}       NDJSON, because its first line is a complete JSON value: stored as it
 *                           is, without looking at the other lines
 *     {"a":1}               one record
 *     {⏎ "a": 1⏎}           one record; newlines between tokens become spaces
 *     [{"a":1}, {"a":2}]    a record for each element, in its own text
 *
 * A single value that is not valid JSON is `invalid_json` with its place; nothing but white space
 * is `invalid_request`. A byte order mark at the start is dropped.
 */
export function frameBody(chunks: readonly Uint8Array[]): FramedBody {
  const [first, ...rest] = chunks.filter(({ byteLength }) => byteLength > 0);
  if (first === undefined) throw emptyBody();
  // The first chunk of a large body nearly always holds its first line: no need to join them.
  const begun = rest.length === 0 ? undefined : frameLines(bufferOf(first), rest);
  return begun ?? frameWhole(rest.length === 0 ? bufferOf(first) : Buffer.concat(chunks));
}

function frameWhole(buffer: Buffer): FramedBody {
  const start = firstToken(buffer);
  if (start === undefined) throw emptyBody();
  return frameLines(buffer, []) ?? frameValue(buffer, start);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const newlineByte = 0x0a;
const carriageReturnByte = 0x0d;
const openBracket = 0x5b;
const lineFeed: Uint8Array = Buffer.of(newlineByte);

/** Where the first byte that is not white space stands, from `from` on. */
function firstToken(buffer: Buffer, from?: number): number | undefined {
  let at = from ?? (hasByteOrderMark(buffer) ? 3 : 0);
  while (at < buffer.byteLength && isWhiteSpace(buffer[at])) at += 1;
  return at < buffer.byteLength ? at : undefined;
}

function hasByteOrderMark(buffer: Buffer): boolean {
  return buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf;
}

function isWhiteSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Depth and UTF-8 don't matter here: what is wrong with a line is its reader's to say. */
function isCompleteValue(buffer: Buffer, from: number, to: number): boolean {
  return scanJson(buffer, { from, to, depthMax: Infinity }).kind === 'valid';
}

/** A body that `first` begins, if that is enough to see that it is NDJSON. */
function frameLines(first: Buffer, rest: readonly Uint8Array[]): FramedBody | undefined {
  const start = firstToken(first);
  if (start === undefined) return undefined;
  const lineEnd = first.indexOf(newlineByte, start);
  const isOneLine = lineEnd < 0 || firstToken(first, lineEnd) === undefined;
  if (isOneLine || !isCompleteValue(first, start, lineEnd)) return undefined;
  const lines = [start === 0 ? first : first.subarray(start), ...rest];
  const isTerminated = lines.at(-1)?.at(-1) === newlineByte;
  return { lines: isTerminated ? lines : [...lines, lineFeed], recordCount: undefined };
}

function frameValue(buffer: Buffer, start: number): FramedBody {
  const scan = scanJson(buffer, { from: start, to: buffer.byteLength, depthMax: jsonDepthMax });
  if (scan.kind === 'invalid') throw invalidJson(buffer, scan);
  if (!isUtf8(buffer)) throw invalidUtf8(buffer);
  const isArray = buffer[start] === openBracket;
  const value = buffer.subarray(0, scan.end);
  const text = withoutLineEnds(value);
  if (isArray) return { lines: joinSpans(text, scan.elements), recordCount: scan.elements.length };
  // As most clients send it: one object that ends in a newline is a line already.
  const isLine = buffer[scan.end] === newlineByte && text === value;
  const line = isLine ? [buffer.subarray(start, scan.end + 1)] : [text.subarray(start), lineFeed];
  return { lines: line, recordCount: 1 };
}

/**
 * Valid JSON has raw line ends between tokens only, and there a space means the same. The text
 * itself where it has none.
 */
function withoutLineEnds(text: Buffer): Buffer {
  if (!text.includes(newlineByte) && !text.includes(carriageReturnByte)) return text;
  const copy = Buffer.from(text);
  for (const lineEnd of [newlineByte, carriageReturnByte]) {
    for (let at = copy.indexOf(lineEnd); at >= 0; at = copy.indexOf(lineEnd, at + 1))
      copy[at] = 0x20;
  }
  return copy;
}

function joinSpans(text: Buffer, spans: readonly Span[]): readonly Uint8Array[] {
  if (spans.length === 0) return [];
  const byteLength = spans.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  const joined = Buffer.allocUnsafe(byteLength);
  let at = 0;
  for (const { from, to } of spans) {
    at += text.copy(joined, at, from, to);
    joined[at] = newlineByte;
    at += 1;
  }
  return [joined];
}

function emptyBody(): HeliosError {
  return new HeliosError('invalid_request', 'The body is empty.', {
    hint: 'Send a JSON object, an array of objects, or one object a line.',
  });
}

function invalidJson(buffer: Buffer, scan: Extract<JsonScan, { kind: 'invalid' }>): HeliosError {
  return placedError(buffer, scan.at, scan.message);
}

/** Names the first byte that no valid text has there. */
function invalidUtf8(buffer: Buffer): HeliosError {
  let valid = 0;
  let invalid = buffer.byteLength;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >>> 1;
    if (isUtf8(buffer.subarray(0, wholeCharacters(buffer, middle)))) valid = middle;
    else invalid = middle;
  }
  return placedError(buffer, wholeCharacters(buffer, valid), 'it is not UTF-8');
}

/** The largest length up to `byteLength` that cuts no character (bytes 10xxxxxx go on with one). */
function wholeCharacters(buffer: Buffer, byteLength: number): number {
  let at = byteLength;
  while (at > 0 && byteLength - at < 3 && ((buffer[at] ?? 0) & 0xc0) === 0x80) at -= 1;
  return at;
}

function placedError(buffer: Buffer, at: number, message: string): HeliosError {
  const lineStart = at === 0 ? 0 : buffer.lastIndexOf(newlineByte, at - 1) + 1;
  let line = 1;
  for (let end = buffer.indexOf(newlineByte); end >= 0 && end < at; line++) {
    end = buffer.indexOf(newlineByte, end + 1);
  }
  const column = buffer.subarray(lineStart, at).toString().length + 1;
  const place = `line ${line}, column ${column} (byte ${at})`;
  return new HeliosError('invalid_json', `The body is not valid JSON: ${message} at ${place}.`, {
    hint: 'Send a JSON object, an array of objects, or one object a line. Nothing was stored.',
    position: { line, column, length: 1 },
    details: { byte_offset: at },
  });
}
