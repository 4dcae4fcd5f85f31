import type {
  ColumnAnswer,
  ErrorBody,
  PipelineAnswer,
  QueryAnswerDocument,
  QueryBody,
} from '../api.ts';

/**
 * What a client says on `GET /api/v1/live`: one JSON text message each. `id` is the client's
 * choice.
 */
export type LiveRequest =
  | {
      readonly op: 'subscribe';
      readonly id: string;
      readonly kind: 'tail';
      readonly stream: string;
    }
  | {
      readonly op: 'subscribe';
      readonly id: string;
      readonly kind: 'tail';
      readonly table: string;
      /** A SQL condition over the table's columns. */
      readonly where?: string | undefined;
    }
  | { readonly op: 'subscribe'; readonly id: string; readonly kind: 'pipelines' }
  | ({ readonly op: 'subscribe'; readonly id: string; readonly kind: 'query' } & QueryBody)
  | { readonly op: 'unsubscribe'; readonly id: string };

/**
 * What the server says there. `id` is the subscription's; an error without one is about the
 * message. After `end` or `error` the id is free again.
 */
export type LiveEvent =
  | { readonly id: string; readonly kind: 'columns'; readonly columns: readonly ColumnAnswer[] }
  | {
      readonly id: string;
      readonly kind: 'rows';
      readonly rows: readonly (readonly unknown[])[];
      /** Rows since the subscription's last message that the socket was too slow for. */
      readonly dropped: number;
    }
  | {
      readonly id: string;
      readonly kind: 'lines';
      readonly partition: number;
      /** Place of the first of these lines. */
      readonly offset: number;
      readonly lines: readonly string[];
      /**
       * Bytes of the partition that were skipped: since its last message, and after these lines.
       */
      readonly dropped_bytes: number;
      /** The same in records, of a stream that a broker keeps: their bytes are not known. */
      readonly dropped_records?: number;
    }
  | {
      readonly id: string;
      readonly kind: 'progress';
      readonly rows_read: number;
      readonly percent?: number | undefined;
    }
  | {
      readonly id: string;
      readonly kind: 'pipelines';
      readonly pipelines: readonly PipelineAnswer[];
    }
  | { readonly id: string; readonly kind: 'result'; readonly result: QueryAnswerDocument }
  | { readonly id: string; readonly kind: 'end' }
  | { readonly id?: string | undefined; readonly kind: 'error'; readonly error: ErrorBody };
