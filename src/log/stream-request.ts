import { HeliosError } from '../base/errors.ts';
import { partitionsMax, retentionBytesMin } from './log.ts';
import type { Retention, StreamRequest } from './log.ts';
import type { Stream } from './stream.ts';

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

/** Of a log that is being closed. */
export function isClosing(): HeliosError {
  return new HeliosError('unavailable', 'Helios is stopping and takes in no more records.', {
    hint: 'Send again once it has started. Nothing of this request was stored.',
  });
}

/** Of a stream that is to be deleted. */
export function isHeld(stream: Stream): HeliosError {
  const readers = stream.readers.map((reader) => `"${reader}"`).join(', ');
  return new HeliosError('conflict', `The stream "${stream.name}" is read by ${readers}.`, {
    hint: 'Delete these pipelines first, or force the deletion: they will fail.',
  });
}

/** `already_exists` where a stream has the name, but for upper and lower case. */
export function checkIsNew(name: string, names: readonly string[]): void {
  const lower = name.toLowerCase();
  const existing = names.find((other) => other.toLowerCase() === lower);
  if (existing === undefined) return;
  throw new HeliosError('already_exists', `The stream "${existing}" exists already.`, {
    hint: 'Use it, or choose a name that differs by more than upper and lower case.',
  });
}

/** Of a request of so many bytes. */
export function tooLarge(byteLength: number, bytesMax: number): HeliosError {
  return new HeliosError(
    'too_large',
    `The request has ${byteLength} bytes; at most ${bytesMax} are stored at once.`,
    { hint: 'Send it in several requests.' },
  );
}
