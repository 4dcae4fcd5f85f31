import { createSecureContext } from 'node:tls';
import { HeliosError, systemCode } from '../../base/errors.ts';
import type { ConnectionContext, PlainOptions } from '../context.ts';
import { optionValue } from '../option-value.ts';

/** What Node's TLS takes. */
export type TlsMaterial = {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
};

/**
 * The certificates and the key of a connection, looked up now. `secret_missing`, or
 * `invalid_config` for what is not PEM or does not belong together.
 */
export async function tlsMaterial(
  options: PlainOptions,
  context: ConnectionContext,
): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all(
    (['tls.ca', 'tls.cert', 'tls.key'] as const).map((name) => pemOf(options, name, context)),
  );
  const material = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  check(material);
  return material;
}

async function pemOf(
  options: PlainOptions,
  name: 'tls.ca' | 'tls.cert' | 'tls.key',
  { secrets }: ConnectionContext,
): Promise<string | undefined> {
  const text = await optionValue(options, name, secrets);
  if (text === undefined) return undefined;
  const wanted = name === 'tls.key' ? 'PRIVATE KEY' : 'CERTIFICATE';
  if (!text.includes('-----BEGIN ')) {
    throw new HeliosError('invalid_config', `${name} does not lead to PEM text.`, {
      hint: `It begins with -----BEGIN ${wanted}-----. Turn stores of Java to it with keytool.`,
    });
  }
  if (text.includes('ENCRYPTED')) {
    throw new HeliosError('invalid_config', `${name} leads to a key with a password.`, {
      hint: 'Take the password off: openssl pkey -in KEY -out NEW; and keep it readable to few.',
    });
  }
  return text;
}

/** Node says what is wrong with them only when it connects. */
function check(material: TlsMaterial): void {
  try {
    createSecureContext(material);
  } catch (thrown) {
    const code = systemCode(thrown) ?? 'unknown';
    const isMismatch = code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH';
    const message = isMismatch
      ? 'tls.key is not the key of the certificate in tls.cert.'
      : `The TLS certificates or the key can't be used (${code}).`;
    throw new HeliosError('invalid_config', message, {
      hint:
        'Check tls.ca, tls.cert and tls.key: each is PEM text, and the last two belong ' +
        'together.',
    });
  }
}
