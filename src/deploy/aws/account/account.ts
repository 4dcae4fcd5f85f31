import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { S3Client } from '@aws-sdk/client-s3';
import { backoffMs, type BackoffPolicy } from '../../../base/backoff.ts';
import type { HeliosError } from '../../../base/errors.ts';
import { sendToAws } from '../../../connection/aws/aws-request.ts';
import {
  awsCredentials,
  type AwsCredentialSource,
  sdkShape,
} from '../../../connection/aws/credentials.ts';
import { type AwsService, endpointOf } from '../../../connection/aws/endpoint.ts';
import type { ConnectionContext } from '../../../connection/context.ts';
import { awsRefusal } from './failure-words.ts';

export type AccountPlace = {
  readonly region: string;
  readonly profile?: string | undefined;
};

export type JsonCall = {
  readonly service: AwsService;
  /** `AmazonSSM.GetParameter`: the service's own prefix, and the operation. */
  readonly target: string;
  /** The IAM action, for words: `ssm:GetParameter`. */
  readonly action: string;
  readonly resource?: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  /** Where it isn't the account's own: the service is in one region only. */
  readonly region?: string | undefined;
};

export type FormCall = {
  readonly service: 'sts' | 'ec2';
  readonly action: string;
  /** `Action=GetCallerIdentity&Version=2011-06-15`. */
  readonly body: string;
};

/**
 * One AWS account in one region, as the person's credentials open it. Clients are loaded when they
 * are first used. Requests that fail in passing are tried again, all with the one backoff here.
 * Every failure comes out in words, by `awsRefusal`. Whoever opens, closes.
 */
export class AwsAccount implements Disposable {
  readonly region: string;
  readonly profile: string | undefined;
  readonly context: ConnectionContext;
  readonly #credentials: AwsCredentialSource;
  readonly #signal: AbortSignal;
  #cloudFormation: CloudFormationClient | undefined;
  #s3: S3Client | undefined;
  #iam: IAMClient | undefined;

  constructor(place: AccountPlace, context: ConnectionContext, signal: AbortSignal) {
    this.region = place.region;
    this.profile = place.profile;
    this.context = context;
    this.#signal = signal;
    const endpoint = endpointOf('sts', context.environment);
    const options = {
      ...(place.profile === undefined ? {} : { aws_profile: place.profile }),
      ...(endpoint === undefined ? {} : { aws_endpoint: endpoint }),
    };
    this.#credentials = awsCredentials(options, place.region, context);
  }

  async cloudFormation(): Promise<CloudFormationClient> {
    const { CloudFormationClient: Client } = await import('@aws-sdk/client-cloudformation');
    this.#cloudFormation ??= new Client(this.#clientOptions('cloudformation'));
    return this.#cloudFormation;
  }

  async s3(): Promise<S3Client> {
    const { S3Client: Client } = await import('@aws-sdk/client-s3');
    const isPathStyle = endpointOf('s3', this.context.environment) !== undefined;
    this.#s3 ??= new Client({ ...this.#clientOptions('s3'), forcePathStyle: isPathStyle });
    return this.#s3;
  }

  async iam(): Promise<IAMClient> {
    const { IAMClient: Client } = await import('@aws-sdk/client-iam');
    this.#iam ??= new Client(this.#clientOptions('iam'));
    return this.#iam;
  }

  /** The answer of a service that speaks JSON, as what its own description says it is. */
  async json<Answer>(call: JsonCall): Promise<Answer> {
    const { service, target, body, region = this.region } = call;
    const text = await this.tried(call, async () => {
      return await sendToAws(
        {
          service,
          region,
          credentials: this.#credentials,
          headers: {
            'content-type': 'application/x-amz-json-1.1',
            'x-amz-target': target,
          },
          body: JSON.stringify(body),
          answerBytesMax,
        },
        this.context,
      );
    });
    // The one place where such an answer becomes a type.
    return (text === '' ? {} : JSON.parse(text)) as Answer;
  }

  /** The XML of a service that speaks AWS's query protocol. */
  async form({ service, action, body }: FormCall): Promise<string> {
    return await this.tried({ action }, async () => {
      return await sendToAws(
        {
          service,
          region: this.region,
          credentials: this.#credentials,
          headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
          body,
          answerBytesMax,
        },
        this.context,
      );
    });
  }

  /** Does `work`, again where that may help; what fails is said in words. */
  async tried<T>(
    tried: { readonly action: string; readonly resource?: string | undefined },
    work: () => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      this.#signal.throwIfAborted();
      try {
        return await work();
      } catch (thrown) {
        const failure = awsRefusal(thrown, { ...tried, region: this.region });
        if (attempt >= retries.attemptsMax || !mayPass(failure)) throw failure;
      }
      const { clock, random } = this.context;
      // Who is interrupted meanwhile is told why by the next turn.
      await clock.sleep(backoffMs(retries, attempt, random), this.#signal).catch(() => undefined);
    }
  }

  [Symbol.dispose](): void {
    this.#cloudFormation?.destroy();
    this.#s3?.destroy();
    this.#iam?.destroy();
  }

  #clientOptions(service: 'cloudformation' | 's3' | 'iam'): {
    readonly region: string;
    readonly credentials: () => Promise<ReturnType<typeof sdkShape>>;
    readonly maxAttempts: number;
    readonly requestHandler: { connectionTimeout: number; requestTimeout: number };
    readonly endpoint?: string;
  } {
    const endpoint = endpointOf(service, this.context.environment);
    return {
      region: this.region,
      credentials: async () => sdkShape(await this.#credentials()),
      maxAttempts: 1,
      requestHandler: { connectionTimeout: connectTimeoutMs, requestTimeout: requestTimeoutMs },
      ...(endpoint === undefined ? {} : { endpoint }),
    };
  }
}

const connectTimeoutMs = 5_000;
/** A bundle of 120 MB over a slow line. */
const requestTimeoutMs = 900_000;
/** A page of log lines has at most 1 MiB of them. */
const answerBytesMax = 8 * 1024 * 1024;
/** CloudFormation throttles accounts that look often, for some seconds. */
const retries: BackoffPolicy = { firstMs: 500, maxMs: 10_000, attemptsMax: 7 };

function mayPass(failure: HeliosError): boolean {
  if (failure.code === 'throttled') return true;
  return failure.code === 'unreachable' && failure.details?.['system_code'] !== 'ENOTFOUND';
}
