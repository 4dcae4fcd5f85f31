import { parseSecretReference, templatePattern } from '../secret-reference.ts';
import type { OptionReader } from '../option-reader.ts';

/** Reads `'Name: value, Name: value'`; names come in lower case. What is wrong is reported. */
export function readHeaders(options: OptionReader): Readonly<Record<string, string>> {
  const text = options.text('headers') ?? '';
  const headers: Record<string, string> = {};
  // A comma that no name and colon follow belongs to the value.
  for (const written of text.trim() === '' ? [] : text.split(nextHeader)) {
    const [, name = '', value = ''] = /^\s*([^:\s]+)\s*:(.*)$/s.exec(written) ?? [];
    const lower = name.toLowerCase();
    const problem = problemOf(lower, value.trim()) ?? repeated(headers, lower);
    if (problem === undefined) headers[lower] = value.trim();
    else options.report(options.spanOf('headers'), problem.message, problem.hint);
  }
  return headers;
}

type Problem = { readonly message: string; readonly hint: string };

const nextHeader = /,(?=\s*[\w!#$%&'*+.^`|~-]+\s*:)/;

/** HTTP's token: https://www.rfc-editor.org/rfc/rfc9110#name-tokens */
const token = /^[\w!#$%&'*+.^`|~-]+$/;

const example = "Write them as headers = 'Authorization: Bearer {{ TOKEN }}, X-Team: shop'.";

/** What Helios and HTTP decide. */
const own: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const secret: ReadonlySet<string> = new Set([
  'api-key',
  'authorization',
  'cookie',
  'proxy-authorization',
  'x-api-key',
  'x-auth-token',
]);

function problemOf(name: string, value: string): Problem | undefined {
  if (!token.test(name) || value === '') {
    // What stands there may be a secret.
    return { message: 'headers has what is no name and value of a header.', hint: example };
  }
  if (/[\r\n\0]/.test(value)) {
    return { message: `The header ${name} has a line break.`, hint: 'A header is one line.' };
  }
  if (own.has(name)) {
    const message = `The header ${name} can't be given.`;
    return { message, hint: 'Helios sends it by itself, as the request needs it. Leave it out.' };
  }
  if (!secret.has(name) || hasReference(value)) return undefined;
  const hint = `Give a reference in its place, such as {{ TOKEN }} or env:TOKEN. ${example}`;
  return { message: `The header ${name} holds a secret as plain text.`, hint };
}

function hasReference(value: string): boolean {
  return parseSecretReference(value) !== undefined || value.search(templatePattern) >= 0;
}

function repeated(headers: Readonly<Record<string, string>>, name: string): Problem | undefined {
  if (headers[name] === undefined) return undefined;
  return { message: `headers has ${name} twice.`, hint: 'Keep one of them.' };
}
