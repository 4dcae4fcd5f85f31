import { HeliosError } from '../base/errors.ts';

/**
 * Whether a request is stored can't be said now: it is on this machine's disk, and a store that has
 * to have it too doesn't answer. `stored` settles when it can be said.
 */
export class NotYetStored<T> extends HeliosError {
  /** As a sentence. */
  readonly reason: string;
  readonly stored: Promise<T>;

  constructor(reason: string, stored: Promise<T>) {
    super('unavailable', `The events are not acknowledged yet: ${reason}`, {
      hint:
        'Send again after a moment with the same Idempotency-Key. ' +
        'Without one, they may be there twice.',
      details: { may_be_stored: true },
    });
    this.reason = reason;
    this.stored = stored;
    // Who cares awaits it; the answer was given.
    stored.catch(() => undefined);
  }
}
