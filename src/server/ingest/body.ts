import { HeliosError } from '../../base/errors.ts';
import { encodingOf, inflate } from './inflate.ts';
import type { ServerLimits } from '../limits.ts';
import type { MemoryShare } from './memory-budget.ts';
import type { IncomingMessage } from 'node:http';

/**
 * A request's whole body, inflated, in chunks. `share` pays for it and must outlive it. Errors:
 * `too_large`, `too_busy`, `invalid_encoding`, `unsupported_media_type`, and `cancelled` where the
 * client went away. After an error the rest of the body may still be on its way.
 */
export async function readBody(
  request: IncomingMessage,
  limits: ServerLimits,
  share: MemoryShare,
): Promise<readonly Buffer[]> {
  const encoding = encodingOf(request.headers['content-encoding']);
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limits.ingestBodyBytesMax) throw tooLarge(limits.ingestBodyBytesMax);
  const raw = await readRaw(request, limits.ingestBodyBytesMax, share);
  if (encoding === 'identity') return raw;
  const inflateLimits = {
    bytesMax: limits.ingestInflatedBytesMax,
    ratioMax: limits.ingestRatioMax,
    ratioFreeBytes: limits.ingestRatioFreeBytes,
  };
  const whole = Buffer.concat(raw);
  return [await inflate(whole, encoding, inflateLimits, (bytes) => share.take(bytes))];
}

/**
 * By events, not by iteration, which costs more than all the rest for a small body. The chunks are
 * Node's own copies of what it read, up to 64 KiB each, and nobody else's.
 */
function readRaw(
  request: IncomingMessage,
  bytesMax: number,
  share: MemoryShare,
): Promise<readonly Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    function onData(chunk: Buffer): void {
      bytes += chunk.byteLength;
      try {
        if (bytes > bytesMax) throw tooLarge(bytesMax);
        share.take(chunk.byteLength);
        chunks.push(chunk);
      } catch (thrown) {
        request.off('data', onData);
        reject(thrown);
      }
    }
    request.on('data', onData);
    request.once('end', () => resolve(chunks));
    request.once('error', (cause) => reject(cutOff(cause)));
    request.once('close', () => {
      if (!request.complete) reject(cutOff(undefined));
    });
  });
}

function tooLarge(bytesMax: number): HeliosError {
  return new HeliosError('too_large', `The body is larger than ${bytesMax} bytes.`, {
    hint: 'Send it in several requests.',
    details: { bytesMax },
  });
}

function cutOff(cause: unknown): HeliosError {
  return new HeliosError('cancelled', 'The client went away before its body was complete.', {
    hint: 'Nothing was stored.',
    cause,
  });
}
