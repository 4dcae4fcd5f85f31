import { AuthenticationError } from '@platformatic/kafka';
import { quoted } from '../failure/causes.ts';

/**
 * Reads what a broker answers to a token. A refusal comes as JSON in an answer without an error
 * (RFC 7628, 3.2.2): `{"status":"invalid_token"}`. Without this check it would pass for a success.
 */
export function checkBearerAnswer(
  answer: Buffer,
  callback: (error: Error | null, answer?: Buffer) => void,
): void {
  const reason = refusalIn(answer.toString('utf8'));
  if (reason === undefined) callback(null, answer);
  else callback(new AuthenticationError(`The token was refused: ${quoted(reason)}`));
}

function refusalIn(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const status: unknown = Reflect.get(value, 'status');
    return typeof status === 'string' ? status : undefined;
  } catch {
    return undefined;
  }
}
