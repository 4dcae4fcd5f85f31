import { isUtf8 } from 'node:buffer';
import { rm, writeFile } from 'node:fs/promises';
import { exactJson } from '../base/exact-json.ts';
import { type Batch, type Envelope, position, type RawValue } from '../event/record.ts';
import { fileFailure } from './file-failure.ts';
import type { PeekedRecord } from './look.ts';
import type { RecordForm } from './source.ts';

/** Stands for a value that can't be a line: no decoder takes it for a record. */
const oddLine = '!';
const lineFeed = 10;
const carriageReturn = 13;

/**
 * Records that were looked at as a batch, in the form that a source would write them in. Its
 * positions are the records' numbers, from 0.
 */
export async function sampleBatch(
  records: readonly PeekedRecord[],
  form: RecordForm,
  path: string,
): Promise<Batch> {
  const starts = new Map<number, number>();
  const chunks: Uint8Array[] = [];
  let byteLength = 0;
  for (const [number, record] of records.entries()) {
    const line = form.kind === 'lines' ? valueLine(record.value) : envelopeLine(record, form);
    starts.set(byteLength, number);
    chunks.push(line);
    byteLength += line.length;
  }
  try {
    await writeFile(path, Buffer.concat(chunks));
  } catch (thrown) {
    throw fileFailure(path, thrown);
  }
  const numberAt = (byteOffset: number): number => starts.get(byteOffset) ?? 0;
  return {
    partition: 'sample',
    from: undefined,
    to: position(String(records.length)),
    content: { kind: form.kind, path, byteLength },
    arrivedAtMs: 0,
    positionAt: (byteOffset) => position(String(numberAt(byteOffset))),
    ...(form.kind === 'lines'
      ? { rawAt: (byteOffset: number) => rawOf(records[numberAt(byteOffset)]) }
      : {}),
    release: async () => await rm(path, { force: true }),
  };
}

function valueLine(value: RawValue): Uint8Array {
  if (value === null || value.length === 0) return Buffer.from(`${oddLine}\n`);
  // A line may end with CR LF: the value's own carriage return is not part of that.
  const endsInReturn = value.at(-1) === carriageReturn;
  const line = Buffer.alloc(value.length + (endsInReturn ? 2 : 1), carriageReturn);
  line.set(value);
  for (let at = line.indexOf(lineFeed); at >= 0; at = line.indexOf(lineFeed, at + 1)) {
    line[at] = carriageReturn;
  }
  line[line.length - 1] = lineFeed;
  return line;
}

/** Undefined where the line is the value. */
function rawOf(record: PeekedRecord | undefined): RawValue | undefined {
  if (record === undefined) return undefined;
  const { value } = record;
  const isLine = value !== null && value.length > 0 && !value.includes(lineFeed);
  return isLine ? undefined : value;
}

function envelopeLine({ value, metadata }: PeekedRecord, form: RecordForm): Uint8Array {
  const envelope: Envelope = {
    ...contentOf(value, form),
    ...(form.metadata.length === 0
      ? {}
      : { m: Object.fromEntries(form.metadata.map((key) => [key, metadata[key] ?? null])) }),
  };
  return Buffer.from(`${exactJson(envelope)}\n`);
}

function contentOf(value: RawValue, { isBinary }: RecordForm): Envelope {
  if (value === null) return {};
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const isText = !isBinary && isUtf8(bytes);
  return isText ? { v: bytes.toString('utf8') } : { b: bytes.toString('base64') };
}
