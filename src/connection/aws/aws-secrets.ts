import { HeliosError } from '../../base/errors.ts';
import type { ConnectionContext } from '../context.ts';
import { describeRemoteError } from '../failure/remote-error.ts';
import { AwsAnswerError, sendToAws } from './aws-request.ts';
import { awsCredentials } from './credentials.ts';
import { endpointOf } from './endpoint.ts';
import { regionOf } from './region.ts';

type Lookup = {
  readonly service: 'secretsmanager' | 'ssm';
  /** `AmazonSSM.GetParameter`. */
  readonly target: string;
  readonly action: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** What is looked up, as its reference says. */
  readonly reference: string;
  readonly arn: string;
};

/** Secrets that AWS keeps, read with Helios's own credentials. */
export class AwsSecrets {
  readonly #context: ConnectionContext;

  constructor(context: ConnectionContext) {
    this.#context = context;
  }

  /** A parameter of Systems Manager, decrypted. */
  async parameter(name: string): Promise<string> {
    const reference = `ssm:${name}`;
    const answer = await this.#lookUp({
      service: 'ssm',
      target: 'AmazonSSM.GetParameter',
      action: 'ssm:GetParameter',
      body: { Name: name, WithDecryption: true },
      reference,
      arn: name,
    });
    return textAt(recordAt(answer, 'Parameter'), 'Value') ?? noText(reference);
  }

  /** A secret of Secrets Manager, or what its JSON has under `key`. */
  async secret(id: string, key: string | undefined): Promise<string> {
    const reference = `secretsmanager:${id}`;
    const answer = await this.#lookUp({
      service: 'secretsmanager',
      target: 'secretsmanager.GetSecretValue',
      action: 'secretsmanager:GetSecretValue',
      body: { SecretId: id },
      reference,
      arn: id,
    });
    const binary = textAt(answer, 'SecretBinary');
    const text =
      textAt(answer, 'SecretString') ??
      (binary === undefined ? undefined : Buffer.from(binary, 'base64').toString('utf8')) ??
      noText(reference);
    return key === undefined ? text : valueUnder(key, text, reference);
  }

  async #lookUp(lookup: Lookup): Promise<Record<string, unknown>> {
    const context = this.#context;
    const region = await regionOf({ given: undefined, arn: lookup.arn }, context);
    const endpoint = endpointOf(lookup.service, context.environment);
    const options = endpoint === undefined ? {} : { aws_endpoint: endpoint };
    try {
      const answer = await sendToAws(
        {
          service: lookup.service,
          region,
          credentials: awsCredentials(options, region, context),
          headers: {
            'content-type': 'application/x-amz-json-1.1',
            'x-amz-target': lookup.target,
          },
          body: JSON.stringify(lookup.body),
        },
        context,
      );
      return parseRecord(answer);
    } catch (thrown) {
      throw lookupFailure(thrown, lookup, region);
    }
  }
}

const notThere = /^(ParameterNotFound|ParameterVersionNotFound|ResourceNotFoundException)$/;

function lookupFailure(thrown: unknown, lookup: Lookup, region: string): HeliosError {
  const { reference, action } = lookup;
  if (thrown instanceof AwsAnswerError && notThere.test(thrown.name)) {
    return new HeliosError('secret_missing', `${reference} does not exist in ${region}.`, {
      hint: 'Check its name and the region: AWS_REGION, or an ARN in the reference.',
    });
  }
  const place = { kind: 'aws', action, resource: reference, region } as const;
  return describeRemoteError(thrown, place);
}

function valueUnder(key: string, text: string, reference: string): string {
  const record = recordIn(text);
  if (record === undefined) {
    throw new HeliosError('secret_missing', `${reference} is not a JSON object.`, {
      hint: `Leave out #${key} to take all of it.`,
    });
  }
  const value = record[key];
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  // Its keys are names, and its values are not told.
  const names = Object.keys(record).slice(0, 10).join(', ');
  throw new HeliosError('secret_missing', `${reference} has no text under "${key}".`, {
    hint: names === '' ? 'It is empty.' : `It has: ${names}.`,
  });
}

function noText(reference: string): never {
  throw new HeliosError('secret_missing', `${reference} holds no text.`, {
    hint: 'Store the secret as text.',
  });
}

function parseRecord(text: string): Record<string, unknown> {
  const record = recordIn(text);
  if (record !== undefined) return record;
  throw new HeliosError('unreachable', 'The service of secrets does not answer like AWS.', {
    hint: 'Check AWS_ENDPOINT_URL.',
  });
}

function recordIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return asRecord(value);
  } catch {
    return undefined;
  }
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value));
}

function recordAt(record: Record<string, unknown>, key: string): Record<string, unknown> {
  return asRecord(record[key]) ?? {};
}

function textAt(record: Record<string, unknown>, key: string): string | undefined {
  const value = record[key];
  return typeof value === 'string' ? value : undefined;
}
