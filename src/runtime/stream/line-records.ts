import type { RecordBatchWriter, RecordHeader } from '../../sink/kafka/produce/record-batch.ts';

/**
 * Adds a record for each line, the first with the header; a line of white space is no record.
 */
export function addLines(writer: RecordBatchWriter, lines: Buffer, first?: RecordHeader): void {
  let header = first;
  eachRecord(lines, (from, to) => {
    writer.add(undefined, { bytes: lines, from, to }, header === undefined ? {} : { header });
    header = undefined;
  });
}

/** Each line that is a record, where it lies. */
export function recordsIn(lines: Buffer): readonly Uint8Array[] {
  const records: Uint8Array[] = [];
  eachRecord(lines, (from, to) => records.push(lines.subarray(from, to)));
  return records;
}

function eachRecord(lines: Buffer, onRecord: (from: number, to: number) => void): void {
  for (let from = 0; from < lines.length;) {
    const lineEnd = lines.indexOf(lineFeed, from);
    const next = lineEnd < 0 ? lines.length : lineEnd;
    const to = next > from && lines[next - 1] === carriageReturn ? next - 1 : next;
    if (!isBlank(lines, from, to)) onRecord(from, to);
    from = next + 1;
  }
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const tab = 0x09;

function isBlank(lines: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = lines[at];
    if (byte !== space && byte !== tab && byte !== carriageReturn) return false;
  }
  return true;
}
