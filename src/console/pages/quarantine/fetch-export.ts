import type { ErrorAnswer } from '../../../server/api.ts';
import { ApiError, send } from '../../api/request.ts';
import type { Question } from '../../api/rows.ts';

export const exportFormats = [
  { format: 'csv', word: 'CSV', accept: 'text/csv' },
  { format: 'ndjson', word: 'NDJSON', accept: 'application/x-ndjson' },
  { format: 'parquet', word: 'Parquet', accept: 'application/vnd.apache.parquet' },
] as const;

export type ExportFormat = (typeof exportFormats)[number]['format'];

/** More rows than any table has. */
const everyRow = Number.MAX_SAFE_INTEGER;

/** Streams an answer into a file that the browser holds. Throws `ApiError`. */
export async function fetchExport(
  { sql, params = [] }: Question,
  format: ExportFormat,
  {
    signal,
    onBytes,
  }: { readonly signal: AbortSignal; readonly onBytes: (byteCount: number) => void },
): Promise<Blob> {
  const accept = exportFormats.find((one) => one.format === format)?.accept;
  const body = { sql, params, max_rows: everyRow };
  const response = await send('/api/v1/query', { body, accept, signal });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let byteCount = 0;
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
    chunks.push(next.value);
    byteCount += next.value.length;
    onBytes(byteCount);
  }
  const file = new Blob(chunks, { type: accept ?? '' });
  if (format === 'ndjson') await throwIfBroken(file);
  return file;
}

/** Longest line of an error. */
const errorBytesMax = 65_536;

/** NDJSON that failed midway says so in its last line. */
async function throwIfBroken(file: Blob): Promise<void> {
  const end = await file.slice(-errorBytesMax).text();
  const line = end.trimEnd().split('\n').at(-1) ?? '';
  if (!line.startsWith('{"error":{')) return;
  const { error } = JSON.parse(line) as ErrorAnswer;
  throw new ApiError(error, 200);
}
