import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { backoffMs, type BackoffPolicy } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import type { HeliosError } from '../../base/errors.ts';
import { isPassing, s3Failure, type S3Place } from './s3-failure.ts';

export type S3Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
};

export type S3ClientOptions = {
  readonly region: string;
  /** Undefined is AWS's for the region. */
  readonly endpoint: string | undefined;
  readonly isPathStyle: boolean;
  readonly credentials: () => Promise<S3Credentials>;
  readonly clock: Clock;
  readonly random: () => number;
};

/** Requests that may be under way to one store at once. */
const connectionsMax = 32;
const connectTimeoutMs = 5_000;
/** An answer may take so long without a byte. */
const idleTimeoutMs = 30_000;
const retries: BackoffPolicy = { firstMs: 100, maxMs: 5_000, attemptsMax: 6 };

/**
 * Retries that one store may cost beyond its requests: each request earns a tenth of one, each
 * retry costs one. A store that fails for all is asked no more often than it can bear.
 */
const retryBudgetMax = 200;
const retryEarned = 0.1;

/**
 * The client of one store. The SDK's own retries are off: it would try a conditional put again
 * without a word, and take its own success for somebody else's.
 */
export class S3Requests {
  readonly client: S3Client;
  readonly #options: S3ClientOptions;
  #retryBudget = retryBudgetMax;

  constructor(options: S3ClientOptions) {
    this.#options = options;
    this.client = new S3Client({
      region: options.region,
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
      forcePathStyle: options.isPathStyle,
      credentials: async () => sdkShape(await options.credentials()),
      maxAttempts: 1,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: new NodeHttpHandler({
        connectionTimeout: connectTimeoutMs,
        socketTimeout: idleTimeoutMs,
        httpAgent: { keepAlive: true, maxSockets: connectionsMax },
        httpsAgent: { keepAlive: true, maxSockets: connectionsMax },
      }),
    });
  }

  /**
   * Asks until it is answered, fails for good, or has been tried often enough. `attempt` begins at
   * 1: from 2 on, the one before may have had its effect.
   */
  async send<T>(place: S3Place, request: (attempt: number) => Promise<T>): Promise<T> {
    const { clock, random } = this.#options;
    this.#retryBudget = Math.min(retryBudgetMax, this.#retryBudget + retryEarned);
    for (let attempt = 1; ; attempt++) {
      const failure = await attemptOf(place, attempt, request);
      if (failure.kind === 'answer') return failure.value;
      if (!isPassing(failure.error) || attempt >= retries.attemptsMax) throw failure.error;
      if (this.#retryBudget < 1) throw failure.error;
      this.#retryBudget -= 1;
      await clock.sleep(backoffMs(retries, attempt, random));
    }
  }

  close(): void {
    this.client.destroy();
  }
}

type Attempt<T> =
  | { readonly kind: 'answer'; readonly value: T }
  | { readonly kind: 'failure'; readonly error: HeliosError };

async function attemptOf<T>(
  place: S3Place,
  attempt: number,
  request: (attempt: number) => Promise<T>,
): Promise<Attempt<T>> {
  try {
    return { kind: 'answer', value: await request(attempt) };
  } catch (thrown) {
    return { kind: 'failure', error: s3Failure(thrown, place) };
  }
}

/** Without properties that are undefined. */
function sdkShape({ accessKeyId, secretAccessKey, sessionToken, expiration }: S3Credentials): {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
} {
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration }),
  };
}
