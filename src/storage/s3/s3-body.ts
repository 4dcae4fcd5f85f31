import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { assert } from '../../base/assert.ts';
import { HeliosError } from '../../base/errors.ts';

/** What an answer says about its body. */
export type BodyFacts = Pick<
  GetObjectCommandOutput,
  'ContentLength' | 'ETag' | 'ServerSideEncryption'
>;

/**
 * Fails with `unavailable`, to be asked again, where the body is not what the answer's header
 * announced: cut off, or other bytes than those that its ETag is the MD5 of.
 */
export function checkBody(facts: Partial<BodyFacts>, body: Uint8Array | number, url: string): void {
  const byteLength = typeof body === 'number' ? body : body.byteLength;
  if (facts.ContentLength !== undefined && facts.ContentLength !== byteLength) {
    throw new HeliosError(
      'unavailable',
      `${url} was cut off: ${byteLength} of ${facts.ContentLength} bytes came.`,
    );
  }
  const md5 = /^"([0-9a-f]{32})"$/.exec(facts.ETag ?? '')?.[1];
  // Objects that KMS encrypts, and those of several parts, have ETags of another kind.
  const isMd5 = facts.ServerSideEncryption !== 'aws:kms' && md5 !== undefined;
  if (!isMd5 || typeof body === 'number') return;
  const found = createHash('md5').update(body).digest('hex');
  if (found === md5) return;
  throw new HeliosError('unavailable', `${url} came damaged: its MD5 is ${found}, not ${md5}.`);
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
