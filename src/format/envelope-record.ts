/** What a line of envelopes says of a record. */
export type EnvelopeRecord = {
  /** Undefined for a tombstone. */
  readonly value: Buffer | undefined;
  /** By key; whole numbers that a double can't hold are bigints. */
  readonly metadata: Readonly<Record<string, unknown>>;
};

/** Reads one line of a file of envelopes. */
export function readEnvelope(line: string): EnvelopeRecord {
  if (!line.startsWith(binaryStart)) return readAny(line);
  // Base64 has nothing that JSON escapes: most lines need no parser.
  const end = line.indexOf('"', binaryStart.length);
  const rest = line.slice(end + 1);
  if (rest !== '}') return readAny(line);
  return { value: Buffer.from(line.slice(binaryStart.length, end), 'base64'), metadata: {} };
}

const binaryStart = '{"b":"';

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
