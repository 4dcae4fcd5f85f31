import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { open, readFile } from 'node:fs/promises';
import { HeliosError } from '../../base/errors.ts';
import { fileFailure } from '../file-failure.ts';
import { crc32Text } from './s3-body.ts';
import type { S3Requests } from './s3-client.ts';
import { answerIn, isNotFound, isPreconditionFailed } from './s3-failure.ts';

export type UploadOptions = {
  readonly requests: S3Requests;
  readonly bucket: string;
  readonly key: string;
  /** For people. */
  readonly url: string;
  readonly localPath: string;
  readonly partBytes: number;
  /** Encryption and metadata of the object. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Whether the object that is there is of this upload. */
  readonly isOurs: () => Promise<boolean>;
};

/** Parts that are sent at once; each is in memory while it is. */
const partsAtOnce = 3;
/** What S3 allows (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). */
const partBytesMin = 5 * 1024 * 1024;
const partsMax = 10_000;

type FinishedPart = {
  readonly ETag: string | undefined;
  readonly PartNumber: number;
};

/** One file on its way to one object that must not be there yet. */
export class MultipartUpload {
  readonly #options: UploadOptions;

  constructor(options: UploadOptions) {
    this.#options = options;
  }

  /** In one request. */
  async sendWhole(): Promise<'put' | 'exists'> {
    const { requests, localPath, fields } = this.#options;
    const bytes = await readFile(localPath).catch((thrown: unknown) => {
      throw fileFailure(thrown, localPath);
    });
    return await requests.send(
      this.#place('s3:PutObject'),
      async (attempt) =>
        await this.#ifAbsent(attempt, async () => {
          await requests.client.send(
            new PutObjectCommand({
              ...this.#object(),
              ...fields,
              Body: bytes,
              ChecksumCRC32: crc32Text(bytes),
              IfNoneMatch: '*',
            }),
          );
        }),
    );
  }

  /**
   * In parts. A part that fails is sent again alone; an upload that can't be ended is given up, so
   * that its parts don't lie in the bucket, paid for and unseen.
   */
  async send(byteLength: number): Promise<'put' | 'exists'> {
    const uploadId = await this.#begin();
    try {
      const parts = await this.#sendParts(uploadId, byteLength);
      return await this.#complete(uploadId, parts);
    } catch (thrown) {
      await this.#abort(uploadId);
      throw thrown;
    }
  }

  async #begin(): Promise<string> {
    const { requests, fields, url } = this.#options;
    return await requests.send(this.#place('s3:PutObject'), async () => {
      const answer = await requests.client.send(
        new CreateMultipartUploadCommand({ ...this.#object(), ...fields }),
      );
      if (answer.UploadId !== undefined) return answer.UploadId;
      throw new HeliosError('storage_failed', `The store began no upload of ${url}.`);
    });
  }

  async #sendParts(uploadId: string, byteLength: number): Promise<readonly FinishedPart[]> {
    const partBytes = Math.max(
      this.#options.partBytes,
      partBytesMin,
      Math.ceil(byteLength / partsMax),
    );
    const count = Math.ceil(byteLength / partBytes);
    const finished: FinishedPart[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < count) {
        const index = next++;
        const start = index * partBytes;
        const length = Math.min(partBytes, byteLength - start);
        finished[index] = await this.#sendPart(uploadId, index + 1, { start, length });
      }
    };
    await Promise.all(Array.from({ length: Math.min(partsAtOnce, count) }, worker));
    return finished;
  }

  async #sendPart(
    uploadId: string,
    number: number,
    range: { readonly start: number; readonly length: number },
  ): Promise<FinishedPart> {
    const { requests, localPath } = this.#options;
    const bytes = await readPart(localPath, range);
    return await requests.send(this.#place('s3:PutObject'), async () => {
      const answer = await requests.client.send(
        new UploadPartCommand({
          ...this.#object(),
          UploadId: uploadId,
          PartNumber: number,
          Body: bytes,
          ChecksumCRC32: crc32Text(bytes),
        }),
      );
      return { ETag: answer.ETag, PartNumber: number };
    });
  }

  async #complete(uploadId: string, parts: readonly FinishedPart[]): Promise<'put' | 'exists'> {
    const { requests } = this.#options;
    return await requests.send(
      this.#place('s3:PutObject'),
      async (attempt) =>
        await this.#ifAbsent(attempt, async () => {
          await requests.client.send(
            new CompleteMultipartUploadCommand({
              ...this.#object(),
              UploadId: uploadId,
              MultipartUpload: { Parts: [...parts] },
              IfNoneMatch: '*',
            }),
          );
        }),
    );
  }

  /** An upload that was ended by an attempt whose answer was lost is no longer known. */
  async #ifAbsent(attempt: number, put: () => Promise<void>): Promise<'put' | 'exists'> {
    try {
      await put();
      return 'put';
    } catch (thrown) {
      const answer = answerIn(thrown);
      const isGone = answer.name === 'NoSuchUpload' || isNotFound(answer);
      if (
        attempt > 1 &&
        (isGone || isPreconditionFailed(answer)) &&
        (await this.#options.isOurs())
      ) {
        return 'put';
      }
      if (isPreconditionFailed(answer)) return 'exists';
      throw thrown;
    }
  }

  /** What can't be given up is for the bucket's lifecycle rule; the failure before it counts. */
  async #abort(uploadId: string): Promise<void> {
    const { requests } = this.#options;
    const command = new AbortMultipartUploadCommand({ ...this.#object(), UploadId: uploadId });
    await requests.client.send(command).catch(() => undefined);
  }

  #object(): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#options.bucket, Key: this.#options.key };
  }

  #place(action: string): { readonly action: string; readonly url: string } {
    return { action, url: this.#options.url };
  }
}

async function readPart(
  path: string,
  { start, length }: { readonly start: number; readonly length: number },
): Promise<Buffer> {
  const file = await open(path);
  try {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled);
      if (bytesRead === 0) throw new HeliosError('storage_failed', `${path} became shorter.`);
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
