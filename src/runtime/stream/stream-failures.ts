import { HeliosError } from '../../base/errors.ts';
import type { Delivery } from '../../sink/kafka/produce/topic-producer.ts';

/** What a request that can't be stored is told; always whether anything of it may be there. */
export class StreamFailures {
  readonly #name: string;
  readonly #topic: string;

  constructor(name: string, topic: string) {
    this.#name = name;
    this.#topic = topic;
  }

  ofDelivery(
    { error, isPerhapsStored }: Extract<Delivery, { readonly kind: 'failed' }>,
    request: { readonly byteLength: number; readonly isKeyed: boolean },
  ): HeliosError {
    if (!isPerhapsStored) return this.notStored(error);
    const again = request.isKeyed
      ? 'Send it again with the same Idempotency-Key: its records are then there once.'
      : 'Send it again: its records may then be there twice.';
    const doubt = `The stream "${this.#name}" may have the request, or get it yet.`;
    const message = `${error.message} ${doubt}`;
    const details = { ...error.details, may_be_stored: true };
    return new HeliosError(error.code, message, { hint: again, details, cause: error });
  }

  notStored(error: HeliosError): HeliosError {
    return new HeliosError(error.code, `${error.message} Nothing of the request was stored.`, {
      hint: error.hint,
      details: { ...error.details, may_be_stored: false },
      cause: error,
    });
  }

  /** `bytesMax` is the topic's limit for a batch, as it was when the stream was opened. */
  tooLarge(error: HeliosError, byteLength: number, bytesMax: number): HeliosError {
    return new HeliosError(
      'too_large',
      `The request of ${byteLength} bytes is more than the topic "${this.#topic}" of the stream ` +
        `"${this.#name}" takes at once: its max.message.bytes is ${bytesMax}, after compression. ` +
        'Nothing of it was stored.',
      {
        hint: "Send it in several requests, or raise the topic's max.message.bytes.",
        details: { ...error.details, may_be_stored: false, max_message_bytes: bytesMax },
        cause: error,
      },
    );
  }

  tooBusy(bytesMax: number): HeliosError {
    const message = `Too many bytes wait for the broker of "${this.#name}".`;
    return new HeliosError('too_busy', message, {
      hint: 'Send again after a moment, over fewer connections. Nothing of it was stored.',
      details: { bytesMax, may_be_stored: false },
    });
  }
}

export function isClosing(): HeliosError {
  return new HeliosError('unavailable', 'Helios is stopping and takes in no more records.', {
    hint: 'Send again once it has started. Nothing of this request was stored.',
  });
}
