import { backoffMs, type BackoffPolicy } from '../../base/backoff.ts';
import { HeliosError } from '../../base/errors.ts';
import type { ConnectionContext } from '../context.ts';
import { limitedText } from '../limited-text.ts';
import type { AwsCredentialSource } from './credentials.ts';
import { addressOf, type AwsService, endpointOf } from './endpoint.ts';
import { createSigner } from './signer.ts';

export type AwsRequest = {
  readonly service: AwsService;
  readonly region: string;
  readonly credentials: AwsCredentialSource;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Of services whose answers are lists; 256 KiB unless given. */
  readonly answerBytesMax?: number | undefined;
};

/** What AWS answered when it did not do what was asked. `name` is AWS's name of the error. */
export class AwsAnswerError extends Error {
  override readonly name: string;
  /** As the SDK's errors have it: marks an answer of AWS. */
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(name: string, message: string, status: number) {
    super(message);
    this.name = name;
    this.$metadata = { httpStatusCode: status };
  }
}

/**
 * Posts a signed request to a service that the SDK is not installed for, and gives the answer's
 * text. `AwsAnswerError`, or what `fetch` throws; both are for `describeRemoteError`.
 */
export async function sendToAws(request: AwsRequest, context: ConnectionContext): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sendOnce(request, context);
    } catch (thrown) {
      if (attempt >= retries.attemptsMax || !mayHeal(thrown)) throw thrown;
    }
    await context.clock.sleep(backoffMs(retries, attempt, context.random));
  }
}

const retries: BackoffPolicy = { firstMs: 100, maxMs: 1_000, attemptsMax: 3 };
const answerTimeoutMs = 5_000;

async function sendOnce(request: AwsRequest, context: ConnectionContext): Promise<string> {
  const { service, region, body } = request;
  const address = endpointOf(service, context.environment) ?? addressOf(service, region);
  const url = new URL(address);
  const signer = createSigner({
    service,
    region,
    credentials: await request.credentials(),
  });
  const signed = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    path: url.pathname,
    headers: { host: url.host, ...request.headers },
    body,
  });
  const response = await fetch(url, {
    method: 'POST',
    headers: signed.headers,
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(answerTimeoutMs),
  });
  const text = await limitedText(response, request.answerBytesMax);
  if (response.ok) return text;
  const { name, message } = errorIn(text);
  throw new AwsAnswerError(name ?? `HTTP ${response.status}`, message ?? '', response.status);
}

/** JSON of SSM and its like, XML of STS and EC2. */
function errorIn(text: string): {
  readonly name: string | undefined;
  readonly message: string | undefined;
} {
  const name =
    /"__type"\s*:\s*"(?:[^"#]*#)?([\w.]+)"/.exec(text)?.[1] ?? /<Code>([\w.]+)</.exec(text)?.[1];
  const message =
    /"[Mm]essage"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1] ?? /<Message>([^<]*)</.exec(text)?.[1];
  return { name, message: message?.startsWith('"') === true ? unquoted(message) : message };
}

function unquoted(json: string): string {
  const value: unknown = JSON.parse(json);
  return String(value);
}

function mayHeal(thrown: unknown): boolean {
  if (thrown instanceof HeliosError) return false;
  if (!(thrown instanceof AwsAnswerError)) return true;
  return thrown.$metadata.httpStatusCode >= 500 || /Throttl|TooManyRequests/.test(thrown.name);
}
