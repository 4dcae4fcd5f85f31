import { HeliosError } from '../base/errors.ts';
import { partitionsMax, retentionBytesMin } from './log.ts';
import type { Retention, StreamRequest } from './log.ts';

/** `invalid_name` unless the name can be a stream's: it is a folder's name too. */
export function checkName(name: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/.test(name) && !name.includes('..')) return;
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name;
  throw new HeliosError('invalid_name', `${JSON.stringify(shown)} can't be a stream's name.`, {
    hint: 'A letter or _ first, then letters, digits, _ . and -, at most 128 in all, and no "..".',
  });
}

/** `invalid_request` unless a stream can have so many. */
export function checkPartitions(count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= partitionsMax) return count;
  throw new HeliosError('invalid_request', `A stream can't have ${count} partitions.`, {
    hint: `Choose between 1 and ${partitionsMax}.`,
  });
}

/** Records would have to move, and with them the positions of readers. */
export function fewerPartitions(stream: string, count: number, wanted: number): HeliosError {
  return new HeliosError(
    'invalid_request',
    `The stream "${stream}" has ${count} partitions and can't go down to ${wanted}.`,
    { hint: 'Create another stream, and move its producers and pipelines there.' },
  );
}

/** What the request asks for, and `otherwise` where it doesn't say. `invalid_request`. */
export function retentionOf(request: StreamRequest, otherwise: Retention): Retention {
  const ageMs = request.retentionMs ?? otherwise.ageMs;
  const bytes = request.retentionBytes ?? otherwise.bytes;
  if (!(ageMs > 0)) {
    throw new HeliosError('invalid_request', `Records can't be kept for ${ageMs} ms.`, {
      hint: 'Give a retention that is longer than nothing, such as 7d.',
    });
  }
  if (bytes !== undefined && !(bytes >= retentionBytesMin)) {
    throw new HeliosError('invalid_request', `A stream can't be kept to ${bytes} bytes.`, {
      hint: `Give at least ${retentionBytesMin} bytes, or no limit.`,
    });
  }
  return { ageMs, bytes: bytes === Infinity ? undefined : bytes };
}
