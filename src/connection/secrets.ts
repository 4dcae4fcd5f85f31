import { open } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { HeliosError, systemCode } from '../base/errors.ts';
import { parseSecretReference } from '../sql/connector/secret-reference.ts';
import type { AwsSecrets } from './aws/aws-secrets.ts';
import type { Secrets } from './connection.ts';

type SecretsOptions = {
  /** Where `env:NAME` looks, and AWS's own variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: () => number;
};

/** Looks secrets up where their references say, each time anew. */
export class ReferencedSecrets implements Secrets {
  readonly #options: SecretsOptions;

  constructor(options: SecretsOptions) {
    this.#options = options;
  }

  async resolve(reference: string): Promise<string> {
    const parsed = parseSecretReference(reference);
    if (parsed === undefined) {
      // What stands here may be the secret itself, so it is not repeated.
      throw new HeliosError('invalid_config', 'A secret is given as plain text.', {
        hint: 'Give a reference such as env:KAFKA_PASSWORD, file:PATH, ssm:/path or {{ NAME }}.',
      });
    }
    switch (parsed.kind) {
      case 'env':
        return ofVariable(parsed.name, this.#options.environment);
      case 'file':
        return await ofFile(parsed.path);
      case 'ssm':
        return await (await this.#aws()).parameter(parsed.name);
      case 'secretsmanager':
        return await (await this.#aws()).secret(parsed.id, parsed.key);
    }
  }

  /** Loaded when it is asked for: AWS's clients are slow to load, and every start would wait. */
  async #aws(): Promise<AwsSecrets> {
    const { AwsSecrets: Loaded } = await import('./aws/aws-secrets.ts');
    return new Loaded({ ...this.#options, secrets: this });
  }
}

/** A secret is a password, a token or certificates, of all authorities of a system at most. */
const fileBytesMax = 1024 * 1024;

function ofVariable(name: string, environment: SecretsOptions['environment']): string {
  const value = environment[name];
  if (value !== undefined && value !== '') return value;
  const state = value === '' ? 'empty' : 'not set';
  throw missing(`The environment variable ${name} is ${state} where Helios runs.`, {
    hint: `Set it and start Helios again: ${name}=… helios start; or use file:PATH.`,
  });
}

async function ofFile(path: string): Promise<string> {
  const bytes = await readStart(path);
  if (bytes.length > fileBytesMax) {
    throw missing(`The file ${path} is larger than ${fileBytesMax / 1024} KiB.`, {
      hint: 'Is it the file with the secret?',
    });
  }
  // Editors and `echo` end a file with a newline that is no part of the secret.
  const text = bytes.toString('utf8').replace(/\r?\n$/, '');
  if (text !== '') return text;
  throw missing(`The file ${path} is empty.`, { hint: 'Write the secret to it.' });
}

/** One byte more than is allowed, so that a larger file shows. */
async function readStart(path: string): Promise<Buffer> {
  try {
    await using file = await open(path);
    const buffer = Buffer.alloc(fileBytesMax + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) return buffer.subarray(0, length);
    }
  } catch (thrown) {
    const code = systemCode(thrown);
    const reason = fileReasons[code ?? ''] ?? `can't be read (${code ?? 'unknown reason'})`;
    throw missing(`The file ${path} ${reason}.`, {
      hint: 'Check the path on the machine where Helios runs, and who may read it.',
    });
  }
}

const fileReasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'may not be read by the user that Helios runs as',
  EISDIR: 'is a folder',
};

function missing(message: string, fields: { readonly hint: string }): HeliosError {
  return new HeliosError('secret_missing', message, fields);
}
