import { AwsAnswerError, sendToAws } from '../../connection/aws/aws-request.ts';
import { awsCredentials, type AwsCredentialSource } from '../../connection/aws/credentials.ts';
import type { ConnectionContext } from '../../connection/context.ts';
import type { LogEvent } from './log-shipper.ts';

/** Puts lines into one stream of a group, which has to be there; the stream is made. */
export class CloudWatchLogs {
  readonly #place: { readonly logGroupName: string; readonly logStreamName: string };
  readonly #region: string;
  readonly #context: ConnectionContext;
  readonly #credentials: AwsCredentialSource;
  #isMade = false;

  constructor(
    place: { readonly group: string; readonly stream: string; readonly region: string },
    context: ConnectionContext,
  ) {
    this.#place = { logGroupName: place.group, logStreamName: place.stream };
    this.#region = place.region;
    this.#context = context;
    this.#credentials = awsCredentials({}, place.region, context);
  }

  /** Errors: as `sendToAws`; nothing of the batch is there then. */
  async put(events: readonly LogEvent[]): Promise<void> {
    if (!this.#isMade) await this.#makeStream();
    await this.#send('PutLogEvents', { ...this.#place, logEvents: events });
  }

  async #makeStream(): Promise<void> {
    try {
      await this.#send('CreateLogStream', this.#place);
    } catch (thrown) {
      const isThere =
        thrown instanceof AwsAnswerError && thrown.name === 'ResourceAlreadyExistsException';
      if (!isThere) throw thrown;
    }
    this.#isMade = true;
  }

  async #send(action: string, body: object): Promise<void> {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `Logs_20140328.${action}`,
    };
    const text = JSON.stringify(body);
    await sendToAws(
      {
        ...{ service: 'logs', region: this.#region, credentials: this.#credentials, headers },
        body: text,
      },
      this.#context,
    );
  }
}
