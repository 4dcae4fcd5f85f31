import type { S3Client } from '@aws-sdk/client-s3';

/** What one store was asked since the start, failed attempts too: as it is priced. */
export type RequestFacts = {
  /** By S3's name of the operation: `PutObject`. */
  readonly requests: Readonly<Record<string, number>>;
  /** Of the requests, those that were no first attempts. */
  readonly retries: number;
  /** Requests that had no answer, or 429 or one of 500 and above. */
  readonly failures: number;
  /** Of objects: headers are not counted. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
};

export class RequestCounts {
  readonly #requests = new Map<string, number>();
  #retries = 0;
  #failures = 0;
  #bytesSent = 0;
  #bytesReceived = 0;

  /** Counts all that the client sends from now on. */
  watch(client: S3Client): void {
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const name = (context.commandName ?? 'Unknown').replace(/Command$/, '');
        this.#requests.set(name, (this.#requests.get(name) ?? 0) + 1);
        this.#bytesSent += byteLengthOf(args.input, 'Body');
        try {
          const answer = await next(args);
          if (name === 'GetObject') this.#bytesReceived += numberIn(answer.output, 'ContentLength');
          return answer;
        } catch (thrown) {
          if (isFailure(thrown)) this.#failures += 1;
          throw thrown;
        }
      },
      { step: 'initialize', name: 'heliosRequestCounts' },
    );
  }

  countRetry(): void {
    this.#retries += 1;
  }

  facts(): RequestFacts {
    return {
      requests: Object.fromEntries(this.#requests),
      retries: this.#retries,
      failures: this.#failures,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
    };
  }
}

function byteLengthOf(input: object, key: string): number {
  const body: unknown = Object.entries(input).find(([name]) => name === key)?.[1];
  return body instanceof Uint8Array ? body.byteLength : 0;
}

function numberIn(output: object, key: string): number {
  const found: unknown = Object.entries(output).find(([name]) => name === key)?.[1];
  return typeof found === 'number' ? found : 0;
}

function isFailure(thrown: unknown): boolean {
  const metadata: unknown =
    thrown instanceof Error && '$metadata' in thrown ? thrown.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null) return true;
  const status = numberIn(metadata, 'httpStatusCode');
  return status === 0 || status === 429 || status >= 500;
}
