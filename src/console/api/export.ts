import type { QueryBody } from '../../server/api.ts';
import { errorBodyOf, send } from './request.ts';
import type { ErrorBody } from '../../server/api.ts';

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
 * leaves no file that looks whole.
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
    const counted = response.body?.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          bytes += chunk.byteLength;
          onState({ kind: 'running', bytes });
          controller.enqueue(chunk);
        },
      }),
    );
    if (counted === undefined) throw new Error('The answer has no body.');
    if (target === undefined) offer(await new Response(counted).blob(), file);
    else await counted.pipeTo(target, { signal });
    onState({ kind: 'done', bytes, file });
  } catch (thrown) {
    if (signal.aborted || isRefusal(thrown)) return;
    onState({ kind: 'failed', error: errorBodyOf(thrown) });
  }
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
