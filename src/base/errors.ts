/**
 * How the world's failures are answered: may the caller try again, and what HTTP and exit status
 * say so.
 */
export type CodeFacts = {
  readonly retry: 'never' | 'backoff';
  readonly httpStatus: number;
  readonly exitCode: number;
};

/** Every error code of Helios. Callers branch on the code, never on the text. */
export const errorCodes: Readonly<Record<ErrorCode, CodeFacts>> = {
  invalid_request: { retry: 'never', httpStatus: 400, exitCode: 2 },
  invalid_json: { retry: 'never', httpStatus: 400, exitCode: 3 },
  invalid_encoding: { retry: 'never', httpStatus: 400, exitCode: 3 },
  invalid_name: { retry: 'never', httpStatus: 400, exitCode: 2 },
  invalid_sql: { retry: 'never', httpStatus: 400, exitCode: 3 },
  invalid_config: { retry: 'never', httpStatus: 400, exitCode: 3 },
  not_authenticated: { retry: 'never', httpStatus: 401, exitCode: 5 },
  not_allowed: { retry: 'never', httpStatus: 403, exitCode: 5 },
  not_found: { retry: 'never', httpStatus: 404, exitCode: 4 },
  method_not_allowed: { retry: 'never', httpStatus: 405, exitCode: 1 },
  not_acceptable: { retry: 'never', httpStatus: 406, exitCode: 1 },
  request_timeout: { retry: 'backoff', httpStatus: 408, exitCode: 124 },
  conflict: { retry: 'never', httpStatus: 409, exitCode: 6 },
  too_large: { retry: 'never', httpStatus: 413, exitCode: 1 },
  unsupported_media_type: { retry: 'never', httpStatus: 415, exitCode: 1 },
  misdirected: { retry: 'never', httpStatus: 421, exitCode: 5 },
  idempotency_mismatch: { retry: 'never', httpStatus: 422, exitCode: 1 },
  needs_roll_choice: { retry: 'never', httpStatus: 409, exitCode: 6 },
  upgrade_required: { retry: 'never', httpStatus: 426, exitCode: 1 },
  headers_too_large: { retry: 'never', httpStatus: 431, exitCode: 1 },
  too_busy: { retry: 'backoff', httpStatus: 429, exitCode: 1 },
  cancelled: { retry: 'never', httpStatus: 499, exitCode: 130 },
  internal: { retry: 'never', httpStatus: 500, exitCode: 1 },
  query_failed: { retry: 'never', httpStatus: 400, exitCode: 1 },
  window_failed: { retry: 'never', httpStatus: 400, exitCode: 1 },
  out_of_memory: { retry: 'never', httpStatus: 400, exitCode: 1 },
  unavailable: { retry: 'backoff', httpStatus: 503, exitCode: 1 },
  timeout: { retry: 'never', httpStatus: 504, exitCode: 124 },
  stream_full: { retry: 'backoff', httpStatus: 507, exitCode: 1 },
  disk_full: { retry: 'backoff', httpStatus: 507, exitCode: 1 },
  storage_failed: { retry: 'backoff', httpStatus: 503, exitCode: 1 },
  already_exists: { retry: 'never', httpStatus: 409, exitCode: 6 },
  data_dir_locked: { retry: 'never', httpStatus: 409, exitCode: 6 },
  data_dir_unusable: { retry: 'never', httpStatus: 500, exitCode: 3 },
  fenced: { retry: 'never', httpStatus: 409, exitCode: 6 },
  table_conflict: { retry: 'backoff', httpStatus: 409, exitCode: 6 },
  table_replaced: { retry: 'never', httpStatus: 409, exitCode: 6 },
  unsupported_table: { retry: 'never', httpStatus: 400, exitCode: 3 },
  corrupt_data: { retry: 'never', httpStatus: 500, exitCode: 1 },
  bad_record: { retry: 'never', httpStatus: 400, exitCode: 1 },
  unreachable: { retry: 'backoff', httpStatus: 503, exitCode: 1 },
  access_refused: { retry: 'backoff', httpStatus: 502, exitCode: 5 },
  secret_missing: { retry: 'backoff', httpStatus: 400, exitCode: 3 },
  throttled: { retry: 'backoff', httpStatus: 503, exitCode: 1 },
  stream_missing: { retry: 'backoff', httpStatus: 404, exitCode: 4 },
  schema_missing: { retry: 'backoff', httpStatus: 404, exitCode: 4 },
  position_lost: { retry: 'never', httpStatus: 409, exitCode: 6 },
  source_replaced: { retry: 'never', httpStatus: 409, exitCode: 6 },
};

export type ErrorCode =
  | 'invalid_request'
  | 'invalid_json'
  | 'invalid_encoding'
  | 'invalid_name'
  | 'invalid_sql'
  | 'invalid_config'
  /** No credential, or none that stands. */
  | 'not_authenticated'
  | 'not_allowed'
  | 'not_found'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'request_timeout'
  | 'conflict'
  | 'too_large'
  | 'unsupported_media_type'
  | 'misdirected'
  | 'idempotency_mismatch'
  | 'needs_roll_choice'
  | 'upgrade_required'
  | 'headers_too_large'
  | 'too_busy'
  | 'cancelled'
  | 'internal'
  | 'query_failed'
  /** SQL over what a window collected: no record alone is why. */
  | 'window_failed'
  | 'out_of_memory'
  | 'unavailable'
  | 'timeout'
  | 'stream_full'
  | 'disk_full'
  | 'storage_failed'
  | 'already_exists'
  | 'data_dir_locked'
  | 'data_dir_unusable'
  | 'fenced'
  | 'table_conflict'
  | 'table_replaced'
  | 'unsupported_table'
  | 'corrupt_data'
  | 'bad_record'
  /** A server of somebody else's does not answer. */
  | 'unreachable'
  /** A server of somebody else's refused the credentials, or what they may do. */
  | 'access_refused'
  /** A reference to a secret leads nowhere. */
  | 'secret_missing'
  /** A service's own limits. */
  | 'throttled'
  /** A topic or stream of somebody else's is not there. */
  | 'stream_missing'
  /** A registry doesn't have the schema that a record names. */
  | 'schema_missing'
  /** What follows a position is gone: going on would skip records. */
  | 'position_lost'
  /** Another stream has the name of the one that was read. */
  | 'source_replaced';

/**
 * A place in a text that a person wrote. Lines and columns count from 1; length is in UTF-16 units.
 */
export type TextPosition = {
  readonly line: number;
  readonly column: number;
  readonly length: number;
};

type HeliosErrorFields = {
  /** What to do about it, as a sentence. */
  readonly hint?: string | undefined;
  readonly position?: TextPosition | undefined;
  readonly cause?: unknown;
  /** Machine-readable extras, plain JSON; never a secret. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
};

/** The one class for failures of the world: what happened, with the value, and what to do. */
export class HeliosError extends Error {
  override readonly name = 'HeliosError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly position: TextPosition | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, fields: HeliosErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = code;
    this.hint = fields.hint;
    this.position = fields.position;
    this.details = fields.details;
  }
}

/** Turns whatever was thrown into a HeliosError; what is not one already is `internal`. */
export function asHeliosError(thrown: unknown): HeliosError {
  if (thrown instanceof HeliosError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new HeliosError('internal', message, { cause: thrown });
}

/** The operating system's code of an error (`ENOENT`, `ENOSPC` …), if it has one. */
export function systemCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
