import { HeliosError } from '../../base/errors.ts';
import type { LiveRequest } from './live-api.ts';
import type { SubscriptionContext } from './subscription.ts';

type QueryRequest = Extract<LiveRequest, { kind: 'query' }>;

/** Runs one query: progress while it runs, then its whole answer as one `result`. */
export async function runLiveQuery(
  request: QueryRequest,
  context: SubscriptionContext,
): Promise<void> {
  const { limits, metrics, outlet, queries, signal } = context;
  const { id } = request;
  const answer = await queries.run({
    sql: request.sql,
    params: request.params,
    format: 'json',
    maxRows: request.max_rows,
    cellBytesMax: request.max_cell_bytes,
    timeoutMs: request.timeout_ms,
    signal,
    onProgress: ({ rowsRead, percent }) => {
      if (outlet.hasRoom()) outlet.send({ id, kind: 'progress', rows_read: rowsRead, percent });
    },
  });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    bytes += chunk.byteLength;
    if (bytes > limits.resultBytesMax) throw tooLarge(limits.resultBytesMax);
    chunks.push(chunk);
  }
  metrics.count('helios_queries_total', { outcome: 'done' });
  // The document is JSON already: parsing it only to write it again would cost every value twice.
  const result = Buffer.concat(chunks, bytes).toString('utf8');
  outlet.sendText(`{"id":${JSON.stringify(id)},"kind":"result","result":${result}}`);
}

function tooLarge(bytesMax: number): HeliosError {
  return new HeliosError('too_large', `The answer is larger than ${bytesMax} bytes.`, {
    hint: 'Ask for fewer rows, or use POST /api/v1/query, which streams.',
  });
}
