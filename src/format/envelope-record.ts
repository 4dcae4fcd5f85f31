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
  const { v, b, m } = parseExactly(line) as WrittenEnvelope;
  const metadata = m ?? {};
  if (b !== undefined) return { value: Buffer.from(b, 'base64'), metadata };
  return { value: v === undefined ? undefined : Buffer.from(v), metadata };
}

function parseExactly(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return parseWithSource(text, (_key, value, { source }) => {
    const isLong = typeof value === 'number' && Number.isInteger(value);
    return isLong && !Number.isSafeInteger(value) ? BigInt(source ?? value) : value;
  });
}

/** TypeScript does not know yet that a reviver is told the text of a number. */
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;
