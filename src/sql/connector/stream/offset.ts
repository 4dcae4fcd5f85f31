import { didYouMean } from '../../../base/did-you-mean.ts';
import type { StreamOffset } from '../../script.ts';
import type { OptionReader } from '../option-reader.ts';

/**
 * Reads `source.offset`: one of `words`, an RFC 3339 timestamp, or milliseconds since 1970-01-01
 * UTC. Undefined where it isn't given, or is wrong, which is reported.
 */
export function readOffset<Word extends string>(
  options: OptionReader,
  words: readonly Word[],
): Word | Extract<StreamOffset, { readonly kind: 'timestamp' }> | undefined {
  const text = options.text('source.offset')?.trim();
  if (text === undefined) return undefined;
  const word = words.find((one) => one === text.toLowerCase());
  if (word !== undefined) return word;
  const atMs = instantOf(text);
  if (atMs !== undefined) return { kind: 'timestamp', atMs };
  const near = didYouMean(text, words);
  const all = `It is ${words.join(', ')}, a time as 2025-01-31T08:00:00Z, or epoch milliseconds.`;
  options.report(
    options.spanOf('source.offset'),
    `source.offset = '${text}' is no place to start.`,
    near === undefined ? all : `Did you mean "${near}"? ${all}`,
  );
  return undefined;
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i;

function instantOf(text: string): number | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  if (!rfc3339.test(text)) return undefined;
  const atMs = Date.parse(text.toUpperCase().replace(' ', 'T'));
  return Number.isNaN(atMs) || atMs < 0 ? undefined : atMs;
}
