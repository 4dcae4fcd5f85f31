import { createSecureContext } from 'node:tls';
import { HeliosError, systemCode } from '../base/errors.ts';
import type { ConnectionContext, PlainOptions } from './context.ts';
import { optionValue } from './option-value.ts';

/**
 * The PEM text of the authorities whose stores are trusted: of the option `ca`, or of the file that
 * AWS_CA_BUNDLE names, as AWS's tools have it; undefined where neither is set. `secret_missing`, or
 * `invalid_config` for what is not PEM.
 */
export async function trustedAuthority(
  options: PlainOptions,
  { secrets, environment }: Pick<ConnectionContext, 'secrets' | 'environment'>,
): Promise<string | undefined> {
  const given = await optionValue(options, 'ca', secrets);
  if (given !== undefined) return checked(given, 'storage.ca');
  const bundle = environment['AWS_CA_BUNDLE'] ?? '';
  if (bundle === '') return undefined;
  return checked(await secrets.resolve(`file:${bundle}`), 'AWS_CA_BUNDLE');
}

/** Node says that it can't read them only when it connects. */
function checked(pem: string, where: string): string {
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw notPem(`${where} does not lead to a certificate as PEM text.`);
  }
  try {
    createSecureContext({ ca: pem });
  } catch (thrown) {
    const why = systemCode(thrown) ?? 'unknown reason';
    throw notPem(`The certificates that ${where} leads to can't be read (${why}).`);
  }
  return pem;
}

function notPem(message: string): HeliosError {
  return new HeliosError('invalid_config', message, {
    hint: 'It is a text, or a file, of one or more -----BEGIN CERTIFICATE-----.',
  });
}
