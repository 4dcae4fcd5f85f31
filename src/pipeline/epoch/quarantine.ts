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
      pipeline,
      source: record.source,
      partition: record.partition,
      position: record.position,
      rejected_at: record.rejectedAtMs,
      code: record.code,
      message: record.message,
      raw: Buffer.from(record.raw).toString('base64'),
      is_text: isStorableText(record.raw),
    }),
  );
  const longest = Math.max(...lines.map((line) => Buffer.byteLength(line)));
  await writeFile(path, `${lines.join('\n')}\n`);
  return `SELECT pipeline, source, "partition", "position",
      make_timestamptz(rejected_at * 1000) AS rejected_at, code, message,
      from_base64(raw) AS raw,
      CASE WHEN is_text THEN decode(from_base64(raw)) END AS raw_text
    FROM read_json(${quoteText(path)}, format = 'newline_delimited',
      maximum_object_size = ${Math.max(objectBytesMin, longest + 1)},
      columns = {pipeline: 'VARCHAR', source: 'VARCHAR', "partition": 'VARCHAR',
        "position": 'VARCHAR', rejected_at: 'BIGINT', code: 'VARCHAR', message: 'VARCHAR',
        raw: 'VARCHAR', is_text: 'BOOLEAN'})`;
}

/** DuckDB allocates twice the largest object before it reads the first. */
const objectBytesMin = 1024 * 1024;

/** Other engines stumble over NUL in text, so such bytes are in `raw` alone. */
function isStorableText(raw: Uint8Array): boolean {
  return isUtf8(raw) && !raw.includes(0);
}
