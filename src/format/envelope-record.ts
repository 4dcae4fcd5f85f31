import { exactJson, parseExactJson } from '../base/exact-json.ts';

/** What a line of envelopes says of a record. */
export type EnvelopeRecord = {
  /** Undefined for a tombstone. */
  readonly value: Buffer | undefined;
  /** By key; whole numbers that a double can't hold are bigints. */
  readonly metadata: Readonly<Record<string, unknown>>;
};

/** Reads one line of a file of envelopes. */
export function readEnvelope(line: Buffer): EnvelopeRecord {
  // Base64 has nothing that JSON escapes: most lines need no parser.
  const end = line.length - binaryEnd.length;
  const isBinaryOnly = line[2] === letterB && line.indexOf(quote, binaryStart.length) === end;
  if (!isBinaryOnly) return readAny(line.toString('utf8'));
  const base64 = line.toString('latin1', binaryStart.length, end);
  return { value: Buffer.from(base64, 'base64'), metadata: {} };
}

/** The metadata as an envelope has it; undefined where there is none. */
export function metadataText({ metadata }: EnvelopeRecord): string | undefined {
  return Object.keys(metadata).length === 0 ? undefined : exactJson(metadata);
}

const binaryStart = '{"b":"';
const binaryEnd = '"}';
const letterB = 0x62;
const quote = 0x22;

type WrittenEnvelope = {
  readonly v?: string;
  readonly b?: string;
  readonly m?: Readonly<Record<string, unknown>>;
};

function readAny(line: string): EnvelopeRecord {
  // The file is ours: sources write it, and no one else.
  const { v, b, m } = parseExactJson(line) as WrittenEnvelope;
  const metadata = m ?? {};
  if (b !== undefined) return { value: Buffer.from(b, 'base64'), metadata };
  return { value: v === undefined ? undefined : Buffer.from(v), metadata };
}
