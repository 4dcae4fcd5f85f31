import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { HeliosError } from '../../base/errors.ts';
import type { Gunzip, ZstdDecompress } from 'node:zlib';

export type Encoding = 'identity' | 'gzip' | 'zstd';

export type InflateLimits = {
  readonly bytesMax: number;
  readonly ratioMax: number;
  /** Inflated bytes below which the ratio does not matter. */
  readonly ratioFreeBytes: number;
};

/** The encoding that a Content-Encoding header names, or `unsupported_media_type`. */
export function encodingOf(header: string | undefined): Encoding {
  const name = header?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return 'identity';
  if (name === 'gzip' || name === 'x-gzip') return 'gzip';
  if (name === 'zstd') return 'zstd';
  throw new HeliosError(
    'unsupported_media_type',
    `The content encoding ${JSON.stringify(header)} is not supported.`,
    { hint: 'Send the body as it is, or with content-encoding gzip or zstd.' },
  );
}

/**
 * Inflates a whole body. Every byte of `raw` must belong to a complete member (gzip) or frame
 * (zstd), of which there may be several. `takeMemory` is told of output before it is kept, and may
 * throw. Errors: `invalid_encoding`, `too_large`.
 */
export async function inflate(
  raw: Uint8Array,
  encoding: 'gzip' | 'zstd',
  limits: InflateLimits,
  takeMemory: (bytes: number) => void,
): Promise<Buffer> {
  const output = new Output(limits, raw.byteLength, takeMemory);
  if (encoding === 'gzip') {
    await inflateOnce(createGunzip(), raw, encoding, output);
    return output.whole();
  }
  // Node's zstd decoder stops after the first frame without a word, so the rest is decoded anew.
  let rest = raw;
  for (let frames = 1; ; frames++) {
    const consumed = await inflateOnce(createZstdDecompress(zstdOptions), rest, encoding, output);
    if (consumed >= rest.byteLength) return output.whole();
    if (frames >= zstdFramesMax) throw tooManyFrames();
    rest = rest.subarray(consumed);
  }
}

/** Each frame costs a decoder: a body of empty frames must not become millions of them. */
const zstdFramesMax = 1024;

/** HTTP allows zstd windows of 8 MiB at most (RFC 9659); larger ones only cost us memory. */
const zstdOptions = { params: { [constants.ZSTD_d_windowLogMax]: 23 } };

/** Collects output under its limits. */
class Output {
  readonly #chunks: Buffer[] = [];
  readonly #takeMemory: (bytes: number) => void;
  readonly #bytesMax: number;
  readonly #ratioBytesMax: number;
  #bytes = 0;

  constructor(limits: InflateLimits, rawBytes: number, takeMemory: (bytes: number) => void) {
    this.#takeMemory = takeMemory;
    this.#bytesMax = limits.bytesMax;
    this.#ratioBytesMax = Math.max(limits.ratioFreeBytes, rawBytes * limits.ratioMax);
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#bytesMax) throw tooLarge(this.#bytesMax);
    if (this.#bytes > this.#ratioBytesMax) throw suspicious();
    this.#takeMemory(chunk.byteLength);
    this.#chunks.push(chunk);
  }

  whole(): Buffer {
    const [first, second] = this.#chunks;
    if (first && !second) return first;
    return Buffer.concat(this.#chunks, this.#bytes);
  }
}

/** How many bytes of `raw` the decoder took. */
async function inflateOnce(
  decoder: Gunzip | ZstdDecompress,
  raw: Uint8Array,
  encoding: string,
  output: Output,
): Promise<number> {
  try {
    decoder.end(raw);
    for await (const chunk of decoder) output.add(chunk);
    return decoder.bytesWritten;
  } catch (thrown) {
    if (thrown instanceof HeliosError) throw thrown;
    throw invalid(encoding, thrown);
  } finally {
    decoder.destroy();
  }
}

function tooLarge(bytesMax: number): HeliosError {
  return new HeliosError('too_large', `The inflated body is larger than ${bytesMax} bytes.`, {
    hint: 'Send it in several requests.',
    details: { bytesMax },
  });
}

function suspicious(): HeliosError {
  return new HeliosError('too_large', 'The body inflates to a suspicious multiple of its size.', {
    hint: 'Send it less compressed, or in several requests.',
  });
}

function tooManyFrames(): HeliosError {
  return new HeliosError('too_large', `The body has more than ${zstdFramesMax} zstd frames.`, {
    hint: 'Compress it as one frame.',
    details: { framesMax: zstdFramesMax },
  });
}

function invalid(encoding: string, cause: unknown): HeliosError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new HeliosError('invalid_encoding', `The body is not valid ${encoding}: ${reason}.`, {
    hint: 'Nothing was stored. Check that the whole body is compressed, and was sent whole.',
    cause,
  });
}
