import type { QueryAnswerDocument, QueryBody } from '../../server/api.ts';
import { live } from './live-socket.ts';
import { boundedAnswer } from './bounded-answer.ts';
import { ApiError, send } from './request.ts';

export type QueryProgress = { readonly rowsRead: number; readonly percent: number | undefined };

/**
 * One query's answer, with what is known of its progress. The socket tells progress and carries
 * answers up to its limit; larger ones are asked for again over HTTP, and read as far as a page can
 * hold them. An abort cancels the query on
 * the server and rejects with the signal's reason; failures are `ApiError`.
 */
export async function answerQuery(
  body: QueryBody,
  signal: AbortSignal,
  onProgress: (progress: QueryProgress) => void = () => undefined,
): Promise<QueryAnswerDocument> {
  if (body.sql.length > socketCharactersMax) return overHttp(body, signal);
  try {
    return await overSocket(body, signal, onProgress);
  } catch (thrown) {
    const code = thrown instanceof ApiError ? thrown.body.code : undefined;
    if (code !== 'too_large') throw thrown;
    return await overHttp(body, signal);
  }
}

/** Longer texts may exceed what the socket takes as one message. */
const socketCharactersMax = 10_000;

async function overHttp(body: QueryBody, signal: AbortSignal): Promise<QueryAnswerDocument> {
  return await boundedAnswer(await send('/api/v1/query', { body, signal }));
}

function overSocket(
  body: QueryBody,
  signal: AbortSignal,
  onProgress: (progress: QueryProgress) => void,
): Promise<QueryAnswerDocument> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const unsubscribe = live.subscribe({ kind: 'query', ...body }, (event) => {
      if (event.kind === 'progress') {
        onProgress({ rowsRead: event.rows_read, percent: event.percent });
        return;
      }
      signal.removeEventListener('abort', onAbort);
      if (event.kind === 'result') resolve(event.result);
      if (event.kind === 'error') reject(new ApiError(event.error, 0));
    });
    const onAbort = (): void => {
      unsubscribe();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
