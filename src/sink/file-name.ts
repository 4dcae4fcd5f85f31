import type { FileNaming } from '../sql/script.ts';

type NameParts = {
  readonly naming: FileNaming;
  readonly compression: string;
  /** Number of this file among those of the sink, for the serial strategy. */
  readonly serial: number;
  readonly nowMs: number;
  /** Sixteen random bytes. */
  readonly random: Uint8Array;
};

/**
 * Name of a data file: `part-00000-<uuid>-c000.zstd.parquet` unless the table's options say
 * otherwise.
 */
export function dataFileName(parts: NameParts): string {
  const { naming } = parts;
  const isPlain = naming.prefix === undefined && naming.suffix === undefined;
  const unique = uniqueName(parts);
  if (isPlain && naming.strategy !== 'serial') {
    return `part-00000-${unique}-c000.${parts.compression}.parquet`;
  }
  const prefix = naming.prefix === undefined ? '' : `${naming.prefix}-`;
  return `${prefix}${unique}${naming.suffix ?? ''}.parquet`;
}

/**
 * Name of a raw file: `<uuid>.parquet`, `<uuid>.json.gz`; with the table's prefix and suffix around
 * what makes it unique.
 */
export function rawFileName(parts: Omit<NameParts, 'compression'>, extension: string): string {
  const { prefix, suffix } = parts.naming;
  const start = prefix === undefined ? '' : `${prefix}-`;
  return `${start}${uniqueName(parts)}${suffix ?? ''}${extension}`;
}

function uniqueName(parts: Omit<NameParts, 'compression'>): string {
  switch (parts.naming.strategy) {
    case 'ulid':
      return ulid(parts.nowMs, parts.random);
    case 'uuid_v7':
      return uuid(withTime(parts.nowMs, parts.random), 7);
    case 'serial':
      // The serial number alone would repeat after a restart, and a data file's name must not.
      return `${String(parts.serial).padStart(8, '0')}-${uuid(parts.random, 4).slice(0, 8)}`;
    case 'uuid':
      return uuid(parts.random, 4);
  }
}

/** RFC 9562: version in the high half of byte 6, variant in the two high bits of byte 8. */
function uuid(bytes: Uint8Array, version: number): string {
  const marked = Buffer.from(bytes.subarray(0, 16));
  marked[6] = ((marked[6] ?? 0) & 0x0f) | (version << 4);
  marked[8] = ((marked[8] ?? 0) & 0x3f) | 0x80;
  const hex = marked.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

/** RFC 9562 §5.7: the first 48 bits are milliseconds since 1970. */
function withTime(nowMs: number, random: Uint8Array): Uint8Array {
  const bytes = Buffer.from(random.subarray(0, 16));
  bytes.writeUIntBE(nowMs, 0, 6);
  return bytes;
}

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** ULID specification: 48 bits of milliseconds and 80 random bits in Crockford's base 32. */
function ulid(nowMs: number, random: Uint8Array): string {
  let value = BigInt(`0x${Buffer.from(withTime(nowMs, random)).toString('hex')}`);
  let text = '';
  for (let digit = 0; digit < 26; digit++) {
    text = (crockford[Number(value & 31n)] ?? '') + text;
    value >>= 5n;
  }
  return text;
}
