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
