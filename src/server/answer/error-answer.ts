import { asHeliosError, errorCodes, HeliosError } from '../../base/errors.ts';
import type { ErrorBody } from '../api.ts';

/** A failure as HTTP says it. */
export type ErrorAnswerParts = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: ErrorBody };
  /** What was thrown, for the log: it may say more than the client may know. */
  readonly failure: HeliosError;
};

/** Turns whatever was thrown while answering request `id` into an answer. */
export function errorAnswer(thrown: unknown, id: string): ErrorAnswerParts {
  const failure = fromFramework(thrown);
  const facts = errorCodes[failure.code];
  const headers: Record<string, string> = {};
  if (facts.retry === 'backoff') headers['retry-after'] = String(retryAfterSeconds(failure));
  // RFC 9110, 11.6.1: a 401 says how to answer it.
  if (failure.code === 'not_authenticated') headers['www-authenticate'] = 'Bearer realm="Helios"';
  return { status: facts.httpStatus, headers, body: { error: errorBody(failure, id) }, failure };
}

function errorBody(failure: HeliosError, id: string): ErrorBody {
  // Something unforeseen may quote what a client must not see: it gets the id, the log the rest.
  if (failure.code === 'internal') {
    return {
      code: 'internal',
      message: 'Helios failed to answer this request.',
      hint: `The server's log has the reason under id ${id}.`,
      id,
    };
  }
  return {
    code: failure.code,
    message: failure.message,
    hint: failure.hint,
    position: failure.position,
    details: failure.details,
    id,
  };
}

/** Seconds: `details.retryAfterMs` where the one who refused knows better than the default. */
function retryAfterSeconds(failure: HeliosError): number {
  const known = failure.details?.['retryAfterMs'];
  return typeof known === 'number' ? Math.max(1, Math.ceil(known / 1000)) : retrySecondsDefault;
}

/** Group commits, epochs and queries that hold things up take about this long at worst. */
const retrySecondsDefault = 1;

/** Failures that fastify itself finds, in our words. */
function fromFramework(thrown: unknown): HeliosError {
  if (thrown instanceof HeliosError) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  const translate = typeof code === 'string' ? frameworkErrors.get(code) : undefined;
  return translate?.(thrown) ?? asHeliosError(thrown);
}

const frameworkErrors: ReadonlyMap<string, (thrown: unknown) => HeliosError> = new Map([
  [
    'FST_ERR_CTP_INVALID_MEDIA_TYPE',
    (cause: unknown) =>
      new HeliosError('unsupported_media_type', 'The body must be JSON.', {
        hint: 'Send the header content-type: application/json.',
        cause,
      }),
  ],
  [
    'FST_ERR_CTP_BODY_TOO_LARGE',
    (cause: unknown) =>
      new HeliosError('too_large', 'The request body is too large for this route.', {
        hint: 'SQL and its parameters fit into a few MB; send events to /ingest.',
        cause,
      }),
  ],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', () => emptyBody()],
  [
    'FST_ERR_CTP_INVALID_JSON_BODY',
    (cause: unknown) =>
      new HeliosError('invalid_json', 'The request body is not valid JSON.', {
        hint: cause instanceof Error ? cause.message : undefined,
        cause,
      }),
  ],
  [
    'FST_ERR_CTP_INVALID_CONTENT_LENGTH',
    (cause: unknown) =>
      new HeliosError('invalid_request', 'The body is not as long as content-length says.', {
        hint: 'Send the whole body.',
        cause,
      }),
  ],
  ['FST_ERR_ROUTE_MISSING_CONTENT_TYPE', () => emptyBody()],
  ['FST_ERR_BAD_URL', (cause: unknown) => badUrl(cause)],
  ['FST_ERR_MAX_PARAM_LENGTH', (cause: unknown) => badUrl(cause)],
]);

function emptyBody(): HeliosError {
  return new HeliosError('invalid_request', 'The request has no body.', {
    hint: 'Send a JSON object; /api/v1/openapi.json says which fields it has.',
  });
}

function badUrl(cause: unknown): HeliosError {
  return new HeliosError('invalid_request', 'The address of the request is malformed.', {
    hint: 'Percent-encode names; a name is at most 255 characters long.',
    cause,
  });
}
