import { HeliosError } from '../../base/errors.ts';
import type { ServerResponse } from 'node:http';

/** Aborts when the client closes the connection before it has the whole answer. */
export function abortOnClose(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (response.writableFinished) return;
    controller.abort(new HeliosError('cancelled', 'The client closed the connection.'));
  });
  return controller.signal;
}
