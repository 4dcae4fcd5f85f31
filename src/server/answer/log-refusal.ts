import { withoutTokens } from '../../access/token.ts';
import { shownUrl } from '../access/audit-trail.ts';
import type { ErrorAnswerParts } from './error-answer.ts';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';

/** What was refused, under the id that the client was told. */
export function logRefusal(
  logger: Logger,
  answer: ErrorAnswerParts,
  request: IncomingMessage | undefined,
): void {
  const { failure, status } = answer;
  const facts = {
    id: answer.body.error.id,
    status,
    code: failure.code,
    method: request?.method,
    url: request && shownUrl(request.url).slice(0, urlCharactersLogged),
  };
  if (status >= 500) logger.error({ ...facts, err: failure }, failure.message);
  // What was refused may be quoted, and be a token in a wrong place.
  else logger.warn(facts, withoutTokens(failure.message));
}

const urlCharactersLogged = 500;
