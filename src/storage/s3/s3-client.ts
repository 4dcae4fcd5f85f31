import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { backoffMs, type BackoffPolicy } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { isClockSkew, isPassing, mayBeCredentials, s3Failure, type S3Place } from './s3-failure.ts';
import { s3Agents } from './s3-agents.ts';
import { RequestCounts, type RequestFacts } from './request-counts.ts';

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
  /** PEM text of the authorities to trust, in place of those that Node knows. */
  readonly ca?: string | undefined;
  /** Valid ones; with `forceRefresh` others than before, where there are. */
  readonly credentials: (options?: { readonly forceRefresh: boolean }) => Promise<S3Credentials>;
  readonly clock: Clock;
  readonly random: () => number;
  /** An answer may take so long without a byte; half a minute unless given. */
  readonly idleTimeoutMs?: number | undefined;
};

const connectTimeoutMs = 5_000;
const idleTimeoutDefaultMs = 30_000;
const retries: BackoffPolicy = { firstMs: 100, maxMs: 5_000, attemptsMax: 6 };

/**
 * Retries that one store may cost beyond its requests: each request earns a tenth of one, each
 * retry costs one, and gives it back where it helped. A store that fails for all is asked no more
 * often than it can bear.
 */
const retryBudgetMax = 200;
const retryEarned = 0.1;

/** Where keys that are refused come from is not asked for others more often than this. */
const refreshPauseMs = 10_000;

/**
 * The client of one store. The SDK's own retries are off: it would try a conditional put again
 * without a word, and take its own success for somebody else's.
 */
export class S3Requests {
  readonly client: S3Client;
  readonly #options: S3ClientOptions;
  readonly #counts = new RequestCounts();
  #retryBudget = retryBudgetMax;
  #refreshedAtMs = -Infinity;

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
        socketTimeout: options.idleTimeoutMs ?? idleTimeoutDefaultMs,
        ...s3Agents(options.ca),
      }),
    });
    this.#counts.watch(this.client);
  }

  /** What was asked since the start. */
  facts(): RequestFacts {
    return this.#counts.facts();
  }

  /**
   * Asks until it is answered, fails for good, or has been tried often enough. `attempt` begins at
   * 1: from 2 on, the one before may have had its effect. Refused credentials are replaced once.
   */
  async send<T>(place: S3Place, request: (attempt: number) => Promise<T>): Promise<T> {
    const { clock, random } = this.#options;
    this.#retryBudget = Math.min(retryBudgetMax, this.#retryBudget + retryEarned);
    let isRefreshed = false;
    let spent = 0;
    for (let attempt = 1; ; attempt++) {
      const used = await this.#credentials(place);
      const failure = await attemptOf(place, attempt, request);
      if (failure.kind === 'answer') {
        this.#retryBudget = Math.min(retryBudgetMax, this.#retryBudget + spent);
        return failure.value;
      }
      const { error } = failure;
      if (!isRefreshed && (await this.#mayHeal(error, used))) {
        isRefreshed = true;
        this.#counts.countRetry();
        continue;
      }
      const isOver = attempt >= retries.attemptsMax || this.#retryBudget < 1;
      if (!isPassing(error) || isOver) throw error;
      this.#retryBudget -= 1;
      spent += 1;
      this.#counts.countRetry();
      await clock.sleep(backoffMs(retries, attempt, random));
    }
  }

  close(): void {
    this.client.destroy();
  }

  async #credentials(place: S3Place): Promise<S3Credentials> {
    try {
      return await this.#options.credentials();
    } catch (thrown) {
      throw credentialsFailure(thrown, place);
    }
  }

  /** Whether the same request, signed anew at once, may be taken. */
  async #mayHeal(failure: HeliosError, used: S3Credentials): Promise<boolean> {
    if (isClockSkew(failure)) return true;
    if (!mayBeCredentials(failure)) return false;
    const { credentials, clock } = this.#options;
    try {
      // Another request that was refused may have got new ones meanwhile.
      if (isOther(await credentials(), used)) return true;
      if (clock.monotonicMs() - this.#refreshedAtMs < refreshPauseMs) return false;
      this.#refreshedAtMs = clock.monotonicMs();
      return isOther(await credentials({ forceRefresh: true }), used);
    } catch {
      // The store's refusal says more than that there are no others.
      return false;
    }
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

function isOther(left: S3Credentials, right: S3Credentials): boolean {
  return (
    left.accessKeyId !== right.accessKeyId ||
    left.secretAccessKey !== right.secretAccessKey ||
    left.sessionToken !== right.sessionToken
  );
}

function credentialsFailure(thrown: unknown, { url }: S3Place): HeliosError {
  if (thrown instanceof HeliosError) return thrown;
  const why = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new HeliosError('access_refused', `There are no credentials for ${url}: ${why}`, {
    hint:
      'Set storage.aws_access_key_id and storage.aws_secret_access_key, storage.aws_profile, or ' +
      'what the usual chain of AWS reads; check the role and its trust.',
    cause: thrown,
  });
}

/** Said to be over, so that the SDK asks each time: who gives them knows when they end. */
function sdkShape({ accessKeyId, secretAccessKey, sessionToken }: S3Credentials): {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration: Date;
} {
  const expiration = new Date(0);
  const keys = { accessKeyId, secretAccessKey, expiration };
  return sessionToken === undefined ? keys : { ...keys, sessionToken };
}
