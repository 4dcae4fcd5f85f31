import { isUtf8 } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import type { RejectedRecord } from '../../event/rejected.ts';
import type { Schema } from '../../event/schema.ts';
import { quoteText } from '../../engine/types.ts';

/** Name of the table of rejected records of all pipelines. */
export const quarantineTable = 'quarantine';

export const quarantineSchema: Schema = [
  { name: 'pipeline', type: { kind: 'text' } },
  { name: 'source', type: { kind: 'text' } },
  { name: 'partition', type: { kind: 'text' } },
  { name: 'position', type: { kind: 'text' } },
  { name: 'rejected_at', type: { kind: 'timestamp' } },
  { name: 'code', type: { kind: 'text' } },
  { name: 'message', type: { kind: 'text' } },
  { name: 'raw', type: { kind: 'bytes' } },
  { name: 'raw_text', type: { kind: 'text' } },
];

/** Writes rejected records to `path` and gives a SELECT that reads them back as quarantine rows. */
export async function quarantineRows(
  pipeline: string,
  records: readonly RejectedRecord[],
  path: string,
): Promise<string> {
  const lines = records.map((record) =>
    JSON.stringify({
      source: record.source,
      partition: record.partition,
      position: record.position,
      rejected_at: record.rejectedAtMs,
      code: record.code,
      message: record.message,
      ...contentOf(record.raw),
    }),
  );
  const longest = lines.reduce((most, line) => Math.max(most, 3 * line.length), 0);
  await writeFile(path, `${lines.join('\n')}\n`);
  return `SELECT ${quoteText(pipeline)} AS pipeline, source, "partition", "position",
      make_timestamptz(rejected_at * 1000) AS rejected_at, code, message,
      coalesce(encode(text), from_base64(bytes)) AS raw, text AS raw_text
    FROM read_json(${quoteText(path)}, format = 'newline_delimited',
      maximum_object_size = ${Math.max(objectBytesMin, longest + 1)},
      columns = {source: 'VARCHAR', "partition": 'VARCHAR',
        "position": 'VARCHAR', rejected_at: 'BIGINT', code: 'VARCHAR', message: 'VARCHAR',
        text: 'VARCHAR', bytes: 'VARCHAR'})`;
}

/** DuckDB allocates twice the largest object before it reads the first. */
const objectBytesMin = 1024 * 1024;

/** Other engines stumble over NUL in text: such bytes go in base64, as those that are no UTF-8. */
function contentOf(raw: Uint8Array): { readonly text: string } | { readonly bytes: string } {
  const buffer = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const isText = isUtf8(buffer) && !buffer.includes(0);
  return isText ? { text: buffer.toString('utf8') } : { bytes: buffer.toString('base64') };
}
