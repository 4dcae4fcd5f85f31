import type { ByteRange } from '../../storage/byte-ranges.ts';
import type { Choose, Wanted } from '../../storage/part-file.ts';
import { readThriftStruct, type ThriftStruct, type ThriftValue } from './thrift.ts';

/**
 * Chooses of a Parquet file what it takes to read some of its columns: the footer, and the chunks
 * of the columns with all that belongs to them. Columns of the top level are meant, by their names
 * in the file without regard to case (https://github.com/apache/parquet-format).
 */
export function columnRanges(columns: readonly string[]): Choose {
  const names = new Set(columns.map((name) => name.toLowerCase()));
  return (tail, byteLength) => {
    const footer = footerOf(tail, byteLength);
    if (footer.kind !== 'footer') return footer;
    try {
      const chunks = structs(readThriftStruct(footer.bytes).get(metadata.rowGroups)).flatMap(
        (group) => structs(group.get(rowGroup.columns)),
      );
      const ranges = chunks.filter((chunk) => names.has(nameOf(chunk))).flatMap(rangesOf);
      if (ranges.some(({ start, end }) => !(start > 0 && end <= footer.start))) return whole;
      const padded = ranges.map(({ start, end }) => ({
        start,
        end: Math.min(end + slackBytes, footer.start),
      }));
      return { kind: 'ranges', ranges: [...padded, { start: footer.start, end: byteLength }] };
    } catch (thrown) {
      // What can't be understood here is for DuckDB to name, which has the whole file then.
      if (thrown instanceof RangeError) return whole;
      throw thrown;
    }
  };
}

/**
 * Some writers of old left a dictionary's header out of the length of a chunk, whence the slack
 * (https://issues.apache.org/jira/browse/PARQUET-816).
 */
const slackBytes = 100;

const whole: Wanted = { kind: 'whole' };

/** Behind the footer: its length, and `PAR1`. */
const endBytes = 8;

function footerOf(
  tail: Uint8Array,
  byteLength: number,
):
  | { readonly kind: 'footer'; readonly bytes: Uint8Array; readonly start: number }
  | Exclude<Wanted, { readonly kind: 'ranges' }> {
  const end = tail.byteLength - endBytes;
  if (end < 0) return { kind: 'whole' };
  const view = Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength);
  // Encrypted footers have another name.
  if (view.toString('latin1', end + 4) !== 'PAR1') return { kind: 'whole' };
  const footerBytes = view.readUInt32LE(end) + endBytes;
  if (footerBytes > byteLength) return { kind: 'whole' };
  if (footerBytes > tail.byteLength) return { kind: 'longer_tail', byteLength: footerBytes };
  const bytes = tail.subarray(tail.byteLength - footerBytes, end);
  return { kind: 'footer', bytes, start: byteLength - footerBytes };
}

/** Numbers of the fields that say where things are. */
const metadata = { rowGroups: 4 };
const rowGroup = { columns: 1 };
const columnChunk = {
  filePath: 1,
  metadata: 3,
  offsetIndex: { offset: 4, length: 5 },
  columnIndex: { offset: 6, length: 7 },
  encryption: 8,
};
const columnMetadata = {
  path: 3,
  compressedBytes: 7,
  dataPages: 9,
  indexPages: 10,
  dictionaryPage: 11,
  bloomFilter: { offset: 14, length: 15 },
};

function nameOf(chunk: ThriftStruct): string {
  const path = struct(chunk.get(columnChunk.metadata)).get(columnMetadata.path);
  const name = Array.isArray(path) ? (path[0] as ThriftValue) : undefined;
  if (name instanceof Uint8Array) return Buffer.from(name).toString('utf8').toLowerCase();
  throw new RangeError('a column without a name');
}

/** A chunk's pages, its filter and its indexes. */
function rangesOf(chunk: ThriftStruct): readonly ByteRange[] {
  if (chunk.has(columnChunk.filePath) || chunk.has(columnChunk.encryption)) {
    throw new RangeError('a column in another file, or encrypted');
  }
  const facts = struct(chunk.get(columnChunk.metadata));
  const firstPages = [columnMetadata.dictionaryPage, columnMetadata.indexPages]
    .map((field) => facts.get(field))
    .filter((offset) => typeof offset === 'number' && offset > 0);
  const start = Math.min(...[...firstPages, facts.get(columnMetadata.dataPages)].map(number));
  const end = start + number(facts.get(columnMetadata.compressedBytes));
  return [
    { start, end },
    ...besides(facts, columnMetadata.bloomFilter),
    ...besides(chunk, columnChunk.offsetIndex),
    ...besides(chunk, columnChunk.columnIndex),
  ];
}

/** What lies elsewhere, if there is such a thing; a RangeError where its length isn't told. */
function besides(
  facts: ThriftStruct,
  field: { readonly offset: number; readonly length: number },
): readonly ByteRange[] {
  const offset = facts.get(field.offset);
  if (offset === undefined) return [];
  return [{ start: number(offset), end: number(offset) + number(facts.get(field.length)) }];
}

function structs(value: ThriftValue | undefined): readonly ThriftStruct[] {
  if (!Array.isArray(value)) throw new RangeError('no list');
  return value.map(struct);
}

function struct(value: ThriftValue | undefined): ThriftStruct {
  if (value instanceof Map) return value;
  throw new RangeError('no struct');
}

function number(value: ThriftValue | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError('no number');
}
