import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentials } from './credentials.ts';
import { sdkShape } from './credentials.ts';

export type SigningScope = {
  readonly service: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
};

/** Signs requests to AWS (Signature Version 4). */
export function createSigner({ service, region, credentials }: SigningScope): SignatureV4 {
  return new SignatureV4({
    service,
    region,
    credentials: sdkShape(credentials),
    sha256: Sha256,
  });
}

type Source = string | ArrayBuffer | ArrayBufferView;

/** SHA-256, or HMAC-SHA-256 with a secret, in the shape that the signer wants. */
class Sha256 {
  readonly #secret: Source | undefined;
  #hash: Hash | Hmac;

  constructor(secret?: Source) {
    this.#secret = secret;
    this.#hash = hashOf(secret);
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {
    this.#hash = hashOf(this.#secret);
  }
}

function hashOf(secret: Source | undefined): Hash | Hmac {
  if (secret === undefined) return createHash('sha256');
  return createHmac('sha256', typeof secret === 'string' ? secret : bytesOf(secret));
}

function bytesOf(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
}
