import { didYouMeanHint } from '../../base/did-you-mean.ts';
import { HeliosError } from '../../base/errors.ts';

/** Names that a hint lists at most. */
const namesMax = 10;

/** What was thrown because a stream is not there, with which one may have been meant. */
export function withOthers(thrown: unknown, stream: string, names: readonly string[]): unknown {
  if (!(thrown instanceof HeliosError) || thrown.code !== 'stream_missing') return thrown;
  const meant = didYouMeanHint(stream, names) ?? listed(names);
  if (meant === undefined) return thrown;
  const { code, message, hint = '', details, cause } = thrown;
  return new HeliosError(code, message, { hint: `${meant} ${hint}`.trim(), details, cause });
}

function listed(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const more = names.length > namesMax ? ' …' : '.';
  return `There are: ${names.slice(0, namesMax).join(', ')}${more}`;
}
