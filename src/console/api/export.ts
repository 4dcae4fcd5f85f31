import type { ErrorBody, QueryBody } from '../../server/api.ts';
import { bytes as bytesText } from '../text.ts';
import { LastLine } from './last-line.ts';
import { ApiError, errorBodyOf, send } from './request.ts';

export type ExportFormat = 'csv' | 'ndjson' | 'parquet' | 'arrow';

/** How formats are asked for, and what their files are called. */
export const exportFormats: Readonly<
  Record<ExportFormat, { readonly name: string; readonly accept: string; readonly ending: string }>
> = {
  csv: { name: 'CSV', accept: 'text/csv', ending: 'csv' },
  ndjson: { name: 'NDJSON', accept: 'application/x-ndjson', ending: 'ndjson' },
  parquet: { name: 'Parquet', accept: 'application/vnd.apache.parquet', ending: 'parquet' },
  arrow: { name: 'Arrow', accept: 'application/vnd.apache.arrow.stream', ending: 'arrows' },
};

export type ExportState =
  | { readonly kind: 'running'; readonly bytes: number }
  | { readonly kind: 'done'; readonly bytes: number; readonly file: string }
  | { readonly kind: 'failed'; readonly error: ErrorBody };

/** There is no word for "all": this is more than any table has. */
const allRows = 1_000_000_000_000;

/**
 * Runs a query for all its rows and writes them into a file as they come: where the browser lets
 * one be chosen, straight into it; elsewhere they are gathered first. Tells each state; an abort
 * and a query that fails midway leave no file that looks whole.
 */
export async function exportAll(
  query: Pick<QueryBody, 'sql' | 'params'>,
  { format, name }: { readonly format: ExportFormat; readonly name: string },
  signal: AbortSignal,
  onState: (state: ExportState) => void,
): Promise<void> {
  const { accept, ending } = exportFormats[format];
  const file = `${name}.${ending}`;
  let bytes = 0;
  try {
    const target = await chosenFile(file);
    const body = { ...query, max_rows: allRows };
    const response = await send('/api/v1/query', { body, accept, signal });
    const whole = response.body?.pipeThrough(
      wholeOnly(format, (count) => {
        bytes += count;
        onState({ kind: 'running', bytes });
      }),
    );
    if (whole === undefined) throw new Error('The answer has no body.');
    if (target === undefined) offer(await new Response(whole).blob(), file);
    else await whole.pipeTo(target, { signal });
    onState({ kind: 'done', bytes, file });
  } catch (thrown) {
    if (signal.aborted || isRefusal(thrown)) return;
    onState({ kind: 'failed', error: failureOf(thrown, bytes) });
  }
}

/** Passes bytes on; fails at the end where the last line of NDJSON says that rows are missing. */
function wholeOnly(
  format: ExportFormat,
  onBytes: (count: number) => void,
): TransformStream<Uint8Array, Uint8Array> {
  const last = format === 'ndjson' ? new LastLine() : undefined;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      last?.push(chunk);
      onBytes(chunk.byteLength);
      controller.enqueue(chunk);
    },
    flush: (controller) => {
      const failure = last?.failure();
      if (failure !== undefined) controller.error(new ApiError(failure, 0));
    },
  });
}

/** All but NDJSON break off where the query fails: they have no room for its reason. */
function failureOf(thrown: unknown, bytes: number): ErrorBody {
  if (thrown instanceof ApiError || bytes === 0) return errorBodyOf(thrown);
  return {
    code: 'unavailable',
    message: `The answer broke off after ${bytesText(bytes)}: no file was kept.`,
    hint: 'The query failed midway, or Helios went away. An export as NDJSON says why.',
    id: '',
  };
}

/** Lets the person keep a blob as a file. */
export function offer(blob: Blob, file: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  URL.revokeObjectURL(link.href);
}

type FilePicker = (options: { readonly suggestedName: string }) => Promise<{
  createWritable(): Promise<WritableStream<Uint8Array>>;
}>;

/** Undefined where the browser has no such dialog. */
async function chosenFile(suggestedName: string): Promise<WritableStream<Uint8Array> | undefined> {
  const { showSaveFilePicker } = window as { readonly showSaveFilePicker?: FilePicker };
  const picked = await showSaveFilePicker?.({ suggestedName });
  return await picked?.createWritable();
}

/** The person closed the dialog. */
function isRefusal(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError';
}
