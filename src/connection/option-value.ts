import { parseSecretReference, templatePattern } from '../sql/connector/secret-reference.ts';
import type { Secrets } from './connection.ts';
import type { PlainOptions } from './context.ts';

/**
 * An option as text: what its reference leads to, or what it is with each `{{ NAME }}` in it
 * replaced. Undefined where it isn't given; `secret_missing`.
 */
export async function optionValue(
  options: PlainOptions,
  name: string,
  secrets: Secrets,
): Promise<string | undefined> {
  const written = options[name];
  if (written === undefined) return undefined;
  if (parseSecretReference(written) !== undefined) return await secrets.resolve(written);
  let text = written;
  for (const [template] of written.matchAll(templatePattern)) {
    text = text.replaceAll(template, await secrets.resolve(template));
  }
  return text;
}
