import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { position } from '../../event/record.ts';
import type { Accepted } from '../../log/backed-streams.ts';
import type { PutFailure, PutPlace, StreamPutter } from '../../sink/kinesis/stream-putter.ts';
import { recordsIn } from './line-records.ts';
import type { StreamWriter } from './stream-broker.ts';

export type KinesisWriterOptions = {
  readonly name: string;
  /** Connects; asked again after it failed. */
  readonly open: () => Promise<StreamPutter>;
  readonly clock: Clock;
  /** Bytes that may wait for Kinesis; beyond it requests are `too_busy`. */
  readonly pendingBytesMax: number;
};

/** What a record costs beside its bytes in one of Kinesis with others, at the most. */
const recordOverhead = 16;
/** What such a record itself costs, with its partition key. */
const frameOverhead = 128;

/** Takes in the requests of a stream that Kinesis keeps. */
export class KinesisWriter implements StreamWriter {
  readonly #options: KinesisWriterOptions;
  #opening: Promise<StreamPutter> | undefined;
  #pendingBytes = 0;
  readonly #pending = new Set<Promise<unknown>>();
  #isClosing = false;

  constructor(options: KinesisWriterOptions) {
    this.#options = options;
  }

  async append(lines: Buffer, key: string | undefined): Promise<Accepted> {
    const { name, pendingBytesMax } = this.#options;
    if (key !== undefined) throw noKeys(name);
    if (this.#isClosing) throw isClosing();
    if (this.#pendingBytes + lines.length > pendingBytesMax) throw tooBusy(name, pendingBytesMax);
    this.#pendingBytes += lines.length;
    const putting = this.#put(lines);
    this.#pending.add(putting);
    try {
      const place = await putting;
      if (place === undefined) return { partition: '', to: '', isDuplicate: false };
      const to = position(place.sequenceNumber);
      return { partition: place.shard, to, isDuplicate: false };
    } finally {
      this.#pending.delete(putting);
      this.#pendingBytes -= lines.length;
    }
  }

  /** Kinesis itself chooses the shard. */
  async lookAgain(): Promise<void> {
    await this.#opening?.catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.allSettled(this.#pending);
    const putter = await this.#opening?.catch(() => undefined);
    putter?.close();
  }

  /** Undefined where no line is a record. */
  async #put(lines: Buffer): Promise<PutPlace | undefined> {
    const records = recordsIn(lines);
    if (records.length === 0) return undefined;
    const putter = await this.#putter();
    const byteLength = records.reduce((sum, { length }) => sum + length, 0);
    const wholeBytes = byteLength + records.length * recordOverhead + frameOverhead;
    if (wholeBytes > putter.recordBytesMax) throw this.#tooLarge(wholeBytes, putter);
    return await new Promise<PutPlace>((resolve, reject) => {
      putter.put({
        records,
        byteLength,
        sinceMs: this.#options.clock.monotonicMs(),
        resolve,
        reject: (failure) => reject(this.#failed(failure)),
      });
    });
  }

  async #putter(): Promise<StreamPutter> {
    this.#opening ??= this.#options.open();
    try {
      return await this.#opening;
    } catch (thrown) {
      this.#opening = undefined;
      throw thrown;
    }
  }

  #failed({ error, isPerhapsStored }: PutFailure): HeliosError {
    const what = isPerhapsStored
      ? `The stream "${this.#options.name}" may have the request.`
      : 'Nothing of the request was stored.';
    return new HeliosError(error.code, `${error.message} ${what}`, {
      hint: isPerhapsStored ? 'Send it again: its records may then be there twice.' : error.hint,
      details: { ...error.details, may_be_stored: isPerhapsStored },
      cause: error,
    });
  }

  #tooLarge(byteLength: number, { recordBytesMax }: StreamPutter): HeliosError {
    const message =
      `The request of ${byteLength} bytes is more than the stream "${this.#options.name}" takes ` +
      `at once: a record of Kinesis holds ${recordBytesMax}. Nothing of it was stored.`;
    return new HeliosError('too_large', message, {
      hint: "Send it in several requests, or raise the stream's maximum record size.",
      details: { may_be_stored: false, max_record_bytes: recordBytesMax },
    });
  }
}

function noKeys(name: string): HeliosError {
  return new HeliosError(
    'invalid_request',
    `The stream "${name}" is kept by Kinesis, which can't tell whether it has a key's request.`,
    { hint: 'Leave Idempotency-Key out, or keep the stream in Kafka or in the embedded log.' },
  );
}

function tooBusy(name: string, bytesMax: number): HeliosError {
  return new HeliosError('too_busy', `Too many bytes wait for Kinesis to take "${name}".`, {
    hint: 'Send again after a moment, over fewer connections. Nothing of it was stored.',
    details: { bytesMax, may_be_stored: false },
  });
}

function isClosing(): HeliosError {
  return new HeliosError('unavailable', 'Helios is stopping and takes in no more records.', {
    hint: 'Send again once it has started. Nothing of this request was stored.',
  });
}
