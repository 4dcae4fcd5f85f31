import { type ErrorCode, HeliosError } from '../../base/errors.ts';
import { mayPass } from '../../connection/webhook/passing-status.ts';
import type { WebhookAnswer } from '../../connection/webhook/send-request.ts';
import { shortened, shownAnswer, type Target } from './target.ts';

/** What an answer means for the request that it answers. */
export type Outcome =
  | { readonly kind: 'taken' }
  /** It may pass: the same request again, not before `waitMs`. */
  | { readonly kind: 'later'; readonly waitMs: number; readonly error: HeliosError }
  /** The rows are refused; others may not be. */
  | { readonly kind: 'unfit'; readonly error: HeliosError }
  /** Whatever the rows are, it would be the same. */
  | { readonly kind: 'refused'; readonly error: HeliosError };

/** No server is believed that wants to be left alone for longer. */
const retryAfterMsMax = 60 * 60 * 1000;

/** The server doesn't take the key that it is given, and may take another. */
const accessStatuses: ReadonlySet<number> = new Set([401, 402, 403, 407]);
/** Nothing of the kind is there. */
const addressStatuses: ReadonlySet<number> = new Set([404, 405, 410]);

export function outcomeOf(
  answer: WebhookAnswer,
  request: { readonly target: Target; readonly body: Buffer; readonly nowMs: number },
): Outcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'taken' };
  if (mayPass(status)) {
    const error = failure('unavailable', answer, request, 'It is asked again until it takes it.');
    return { kind: 'later', waitMs: retryAfterMs(answer.retryAfter, request.nowMs), error };
  }
  if (accessStatuses.has(status)) {
    const hint = 'Check the secrets that the endpoint and the headers refer to.';
    return { kind: 'refused', error: failure('access_refused', answer, request, hint) };
  }
  if (status < 400) {
    const hint = 'Redirects are not followed: give the address that it leads to.';
    return { kind: 'refused', error: failure('invalid_config', answer, request, hint) };
  }
  if (addressStatuses.has(status)) {
    const hint = 'Check the endpoint, and the method.';
    return { kind: 'refused', error: failure('invalid_config', answer, request, hint) };
  }
  return { kind: 'unfit', error: failure('invalid_config', answer, request, unfitHint) };
}

const unfitHint =
  'Change what the SELECT or the template makes of such rows, or set on_error = ' +
  "'quarantine' to go on without them and keep them; then start the pipeline again.";

/** Rows that no request may carry. */
export function tooLarge({ shown }: Target, body: Buffer, bytesMax: number): HeliosError {
  const message = `A request to the webhook at ${shown} would have ${body.length} bytes`;
  const row = body.toString('utf8', 0, 4096);
  return new HeliosError('too_large', `${message}, of ${bytesMax} at most: ${shortened(row)}`, {
    hint: unfitHint,
  });
}

/** Milliseconds that `Retry-After` asks for: seconds, or a date. */
function retryAfterMs(text: string | undefined, nowMs: number): number {
  if (text === undefined) return 0;
  const seconds = /^\s*\d+\s*$/.test(text) ? Number(text) : undefined;
  const waitMs = seconds === undefined ? Date.parse(text) - nowMs : seconds * 1000;
  return Number.isNaN(waitMs) ? 0 : Math.min(Math.max(0, waitMs), retryAfterMsMax);
}

function failure(
  code: ErrorCode,
  answer: WebhookAnswer,
  { target, body }: { readonly target: Target; readonly body: Buffer },
  hint: string,
): HeliosError {
  const said = shownAnswer(answer.body, target);
  const text = said === '' ? 'nothing more' : said;
  const message = `The webhook at ${target.shown} answered ${answer.status}: ${text}`;
  // What may pass, or is the same for all, is not about this row.
  const row = hint === unfitHint ? ` The request was: ${shortened(body.toString('utf8'))}` : '';
  return new HeliosError(code, `${message}${row}`, { hint });
}
