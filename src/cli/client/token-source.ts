import { resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { HeliosError } from '../../base/errors.ts';
import { parseSecretReference } from '../../sql/connector/secret-reference.ts';
import type { CliContext } from '../context.ts';

/** Where the token that requests carry comes from. */
export interface TokenSource {
  /** As it was given: `env:HELIOS_TOKEN`. */
  readonly reference: string;
  /** Read once, when it is first needed. `secret_missing`, `invalid_config`. */
  token(): Promise<string>;
}

/** The source of a reference; undefined for an empty one. */
export function tokenSource(
  reference: string,
  context: Pick<CliContext, 'environment' | 'workingDirectory' | 'random'>,
): TokenSource | undefined {
  if (reference === '') return undefined;
  let token: Promise<string> | undefined;
  return { reference, token: () => (token ??= read(reference, context)) };
}

async function read(
  reference: string,
  { environment, workingDirectory, random }: Parameters<typeof tokenSource>[1],
): Promise<string> {
  const parsed = parseSecretReference(reference);
  const whole = parsed?.kind === 'file' ? `file:${resolve(workingDirectory, parsed.path)}` : '';
  // Only commands that send a token pay for what reads it.
  const { ReferencedSecrets } = await import('../../connection/secrets.ts');
  const secrets = new ReferencedSecrets({ environment, clock: systemClock, random });
  try {
    return checked((await secrets.resolve(whole || reference)).trim(), reference);
  } catch (thrown) {
    if (!(thrown instanceof HeliosError) || thrown.code !== 'secret_missing') throw thrown;
    throw new HeliosError(thrown.code, `The token in ${reference} can't be had.`, {
      hint: 'Where this command runs, set the variable or write the file, or give another --token.',
      cause: thrown,
    });
  }
}

/** What can't stand in a header is no token, and isn't repeated. */
function checked(token: string, reference: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new HeliosError('invalid_config', `What ${reference} holds is no token.`, {
    hint: 'A token is one word, as helios token create prints it.',
  });
}
