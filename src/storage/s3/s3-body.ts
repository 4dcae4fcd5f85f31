import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { assert } from '../../base/assert.ts';
import { HeliosError } from '../../base/errors.ts';
import type { ByteRange } from '../byte-ranges.ts';

/** What an answer says about its body. */
export type BodyFacts = Pick<
  GetObjectCommandOutput,
  'ContentLength' | 'ETag' | 'ServerSideEncryption'
>;

/**
 * Fails with `unavailable`, to be asked again, where the body is not what the answer's header
 * announced: cut off, or other bytes than those that its ETag is the MD5 of.
 */
export function checkBody(facts: Partial<BodyFacts>, body: Uint8Array, url: string): void {
  const found = new BodyCheck(facts, url);
  found.add(body);
  found.finish();
}

/** The same for a body that comes in pieces. */
export class BodyCheck {
  readonly #url: string;
  readonly #byteLength: number | undefined;
  readonly #md5: string | undefined;
  readonly #hash: Hash | undefined;
  #bytes = 0;

  constructor(facts: Partial<BodyFacts>, url: string) {
    this.#url = url;
    this.#byteLength = facts.ContentLength;
    // Objects that KMS encrypts, and those of several parts, have ETags of another kind.
    const isMd5 = facts.ServerSideEncryption?.startsWith('aws:kms') !== true;
    this.#md5 = isMd5 ? /^"?([0-9a-f]{32})"?$/.exec(facts.ETag ?? '')?.[1] : undefined;
    this.#hash = this.#md5 === undefined ? undefined : createHash('md5');
  }

  add(bytes: Uint8Array): void {
    this.#bytes += bytes.byteLength;
    this.#hash?.update(bytes);
  }

  finish(): void {
    const [bytes, wanted] = [this.#bytes, this.#byteLength];
    if (wanted !== undefined && wanted !== bytes) {
      const message = `${this.#url} was cut off: ${bytes} of ${wanted} bytes came.`;
      throw new HeliosError('unavailable', message);
    }
    const md5 = this.#hash?.digest('hex');
    if (md5 === this.#md5) return;
    const message = `${this.#url} came damaged: its MD5 is ${md5}, not ${this.#md5}.`;
    throw new HeliosError('unavailable', message, {
      hint: 'Something on the way changes bytes, or the store has ETags that are no MD5.',
    });
  }
}

/** A step of a pipeline that has what goes through checked. */
export function checked(
  check: BodyCheck,
): (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> {
  return async function* pass(source) {
    for await (const bytes of source) {
      check.add(bytes);
      yield bytes;
    }
  };
}

/**
 * The bytes of a range, in pieces. `unavailable`, to be asked again, where the answer is another
 * range or was cut off.
 */
export async function bodyOfRange(
  answer: GetObjectCommandOutput,
  { start, end }: ByteRange,
  url: string,
): Promise<readonly Uint8Array[]> {
  const bytes: Uint8Array[] = [];
  const found = answer.ContentRange ?? 'the whole object';
  if (!found.startsWith(`bytes ${start}-${end - 1}/`)) {
    readableBody(answer).destroy();
    const message = `${url} was asked for the bytes ${start}-${end - 1}, and gave ${found}.`;
    throw new HeliosError('unavailable', message);
  }
  const check = new BodyCheck({ ContentLength: end - start }, url);
  for await (const chunk of readableBody(answer)) {
    check.add(chunk as Buffer);
    bytes.push(chunk as Buffer);
  }
  check.finish();
  return bytes;
}

/** The body as a stream of Node's. */
export function readableBody({ Body: body }: GetObjectCommandOutput): Readable {
  if (body === undefined) return Readable.from([]);
  assert(body instanceof Readable, 'a body of Node is a Readable');
  return body;
}

/** As the header `x-amz-checksum-crc32` wants it; the store refuses bytes that don't match. */
export function crc32Text(bytes: Uint8Array): string {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(crc32(bytes));
  return buffer.toString('base64');
}
