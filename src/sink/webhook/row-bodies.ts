import { createReadStream } from 'node:fs';

/** What one request carries. */
export type RequestBody = {
  readonly body: Buffer;
  readonly rowCount: number;
  /** Bytes of all rows' lines that lie before it, since the table was made. */
  readonly offset: number;
};

export type BodyOptions = {
  /** Of the file's first line. */
  readonly offset: number;
  /** Lines are base64. */
  readonly isEncoded: boolean;
  /** Undefined: a row each. */
  readonly batch: { readonly rowsMax: number; readonly bytesMax: number } | undefined;
};

/** Bytes of the file that are read at once; a longer row takes more. */
const chunkBytes = 256 * 1024;

/** The bodies of the rows of an encoded file, in their order. */
export async function* rowBodies(path: string, options: BodyOptions): AsyncIterable<RequestBody> {
  const { batch } = options;
  if (batch === undefined) return yield* rows(path, options);
  let batched: RequestBody[] = [];
  let bytes = bracketBytes;
  for await (const row of rows(path, options)) {
    const isFull = batched.length === batch.rowsMax || bytes + row.body.length > batch.bytesMax;
    if (isFull && batched.length > 0) {
      yield arrayOf(batched);
      batched = [];
      bytes = bracketBytes;
    }
    batched.push(row);
    bytes += row.body.length + 1;
  }
  if (batched.length > 0) yield arrayOf(batched);
}

async function* rows(path: string, { offset, isEncoded }: BodyOptions): AsyncIterable<RequestBody> {
  let lineOffset = offset;
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of createReadStream(path, { highWaterMark: chunkBytes })) {
    const chunk: Buffer = part;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let to = bytes.indexOf(lineFeed); to >= 0; to = bytes.indexOf(lineFeed, from)) {
      const line = bytes.subarray(from, to);
      const body = isEncoded ? Buffer.from(line.toString('latin1'), 'base64') : line;
      yield { body, rowCount: 1, offset: lineOffset };
      lineOffset += to + 1 - from;
      from = to + 1;
    }
    rest = bytes.subarray(from);
  }
}

const lineFeed = 0x0a;
const bracketBytes = 2;

function arrayOf(batched: readonly RequestBody[]): RequestBody {
  const parts = batched.flatMap(({ body }, index) => [Buffer.from(index === 0 ? '[' : ','), body]);
  return {
    body: Buffer.concat([...parts, Buffer.from(']')]),
    rowCount: batched.length,
    offset: batched[0]?.offset ?? 0,
  };
}
