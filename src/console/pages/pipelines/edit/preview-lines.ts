import type { ErrorBody, PreviewLine } from '../../../../server/api.ts';

type Sink = {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
};

type RejectedLine = Extract<PreviewLine, { readonly kind: 'rejected' }>;

/** What a preview has shown so far. */
export type Preview = {
  readonly sinks: readonly Sink[];
  readonly rejected: readonly RejectedLine[];
  readonly rejectedCount: number;
  readonly end: Extract<PreviewLine, { readonly kind: 'end' }> | undefined;
  readonly error: ErrorBody | undefined;
};

export const emptyPreview: Preview = {
  sinks: [],
  rejected: [],
  rejectedCount: 0,
  end: undefined,
  error: undefined,
};

/** Rejected records that are shown; all are counted. */
const rejectedMax = 50;

/** What a preview shows after one more line. */
export function withLine(preview: Preview, line: PreviewLine): Preview {
  if ('error' in line) return { ...preview, error: line.error };
  switch (line.kind) {
    case 'columns':
      return {
        ...preview,
        sinks: [...preview.sinks, { name: line.sink, columns: line.columns, rows: [] }],
      };
    case 'rows':
      return {
        ...preview,
        sinks: preview.sinks.map((sink) =>
          sink.name === line.sink ? { ...sink, rows: [...sink.rows, ...line.rows] } : sink,
        ),
      };
    case 'rejected':
      return {
        ...preview,
        rejectedCount: preview.rejectedCount + 1,
        rejected:
          preview.rejected.length < rejectedMax ? [...preview.rejected, line] : preview.rejected,
      };
    case 'end':
      return { ...preview, end: line };
  }
}

/** The lines of a text that arrives in pieces; the last may lack its end. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

/** A body's bytes; not every browser lets a stream be iterated. */
export async function* bytesOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
    yield next.value;
  }
}
