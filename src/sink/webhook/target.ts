import { HeliosError } from '../../base/errors.ts';
import type { Secrets } from '../../connection/connection.ts';
import { optionValue } from '../../connection/option-value.ts';
import { resolveAddress, shownAddress } from '../../connection/webhook/address.ts';
import type { WebhookTable } from '../../sql/connector/webhook/webhook-table.ts';

/** Where requests go, with secrets in place: nothing of it is ever shown but `shown`. */
export type Target = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Scheme and host. */
  readonly shown: string;
  /** Texts that an answer may repeat, and nobody else. */
  readonly secrets: readonly string[];
};

/** Shorter pieces of addresses and headers are words of the language. */
const secretCharactersMin = 6;

/** Looks up what its references lead to; `secret_missing`, `invalid_config`, `not_allowed`. */
export async function resolveTarget(
  { endpoint, headers: written }: WebhookTable,
  secrets: Secrets,
): Promise<Target> {
  const url = await resolveAddress(endpoint, secrets);
  const headers: Record<string, string> = {};
  for (const name of Object.keys(written)) {
    const value = ((await optionValue(written, name, secrets)) ?? '').trim();
    // HTTP's field values: https://www.rfc-editor.org/rfc/rfc9110#name-field-values
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw unfit(name);
    headers[name] = value;
  }
  return { url, headers, shown: shownAddress(url), secrets: secretTexts(url, headers) };
}

/** What may be shown of an answer: its beginning, as one line, without secrets that it repeats. */
export function shownAnswer(body: Buffer, { secrets }: Target): string {
  let text = body.toString('utf8').replaceAll(/[\s\p{C}]+/gu, ' ');
  for (const secret of secrets) text = text.replaceAll(secret, '…');
  return shortened(text.trim());
}

/** Enough of a text to find it by. */
export function shortened(text: string): string {
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}…`;
}

const shownCharacters = 160;

function secretTexts(url: URL, headers: Readonly<Record<string, string>>): readonly string[] {
  const path = `${url.pathname}${url.search}`;
  const values = Object.entries(headers).filter(([name]) => name !== 'content-type');
  const texts = [
    ...[url.href, path, url.username, url.password],
    ...path.split(/[/?&=]/),
    ...values.flatMap(([, value]) => [value, ...value.split(/\s+/)]),
  ];
  const all = texts.flatMap((text) => [text, decoded(text)]);
  const unique = new Set(all.filter((text) => text.length >= secretCharactersMin));
  // The longest first, so that no end of one is left.
  return [...unique].toSorted((a, b) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // It holds a per cent sign that escapes nothing.
    return text;
  }
}

function unfit(name: string): HeliosError {
  return new HeliosError('invalid_config', `The value of the header ${name} can't be sent.`, {
    hint: 'It has a line break or another character that no header may have.',
  });
}
