import { HeliosError } from '../base/errors.ts';

/** Answers of services of tokens and secrets are small: Secrets Manager's have at most 64 KiB. */
const answerBytesMax = 256 * 1024;

/** The text of an answer; `unreachable` for one that is too long to be what was asked for. */
export async function limitedText(
  response: Response,
  bytesMax: number = answerBytesMax,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      throw new HeliosError('unreachable', `${response.url} answered more than was asked for.`, {
        hint: 'Is this the right address?',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
